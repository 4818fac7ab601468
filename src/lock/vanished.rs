//! Gives posts the ids of those that vanished since the last build.

use std::collections::{HashMap, HashSet};

use crate::lock::Lock;
use crate::lock::asking::Asking;
use crate::lock::given::Given;
use crate::lock::lines::Line;
use crate::lock::moved::{Arrival, Trace, match_posts};
use crate::lock::past::Past;
use crate::lock::unclear::Unclear;
use crate::post::Signature;

/// A post that a newcomer may be: its traits, and its id.
type Candidate<'a> = (Trace<'a>, &'a str);

impl Lock {
    /// Step 6: gives posts the ids of vanished posts. Returns the posts that fit two of them equally well. A post that
    /// was refused before may be a vanished one too, so no other post gets its id.
    pub(super) fn find_moved<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
    ) -> Vec<Unclear> {
        let numbers: Vec<usize> = given.list_without_id().collect();
        let mut gone = self.list_vanished(given, asking);
        if gone.is_empty() {
            return Vec::new();
        }
        gone.extend(self.list_returning(&gone, given, asking));
        let trace = |number: &usize| Trace {
            is_day: asking.past.is_day(asking.posts[*number].published),
            ..Trace::from_line(&asking.line(*number), asking.past.now(*number))
        };
        let came: Vec<Trace<'_>> = numbers.iter().map(trace).collect();
        let traces: Vec<Trace<'_>> = gone.iter().map(|(trace, _)| *trace).collect();
        let mut unclear = Vec::new();
        for (arrival, number) in match_posts(&traces, &came).into_iter().zip(numbers) {
            if given.refused.contains(&number) {
                let candidates = arrival.candidates();
                given.elsewhere.extend(candidates.map(|at| gone[at].1));
                continue;
            }
            match arrival {
                Arrival::New => {}
                Arrival::Moved(at) if asking.is_hidden(gone[at].1) => {
                    given.refused.insert(number);
                    unclear.push(asking.ask_whether_moved(number, &[gone[at].1]));
                }
                Arrival::Moved(at) => given.give_moved(number, gone[at].1),
                Arrival::Unclear(some) => {
                    given.refused.insert(number);
                    let ids: Vec<&str> = some.into_iter().map(|at| gone[at].1).collect();
                    unclear.push(asking.ask_whether_moved(number, &ids));
                }
            }
        }
        unclear
    }

    /// The posts of the last build that are gone, or of which nobody knows whether that build had them.
    fn list_vanished<'a>(&'a self, given: &Given<'a>, asking: &Asking<'_>) -> Vec<Candidate<'a>> {
        let past = asking.past;
        // A post at this path with an id of its own has given up the id of the line.
        let named = asking.posts.iter().filter(|post| post.id.is_some());
        let named: HashSet<&str> = named.map(|post| post.path).collect();
        let mut gone = Vec::new();
        for line in self.posts.all() {
            if line.is_moved()
                || named.contains(line.path)
                || given.taken.contains(line.id)
                || past.stands_as_published(line.path, line.id)
            {
                continue;
            }
            let text = past.before(line.id);
            if text.is_some() || !past.is_known() {
                let text = text.filter(|text| *text != Signature::UNKNOWN);
                gone.push((make_trace(&line, text, past), line.id));
            }
        }
        gone
    }

    /// The posts that were gone at the last build already, and that nothing but the path tells from one of these: a
    /// newcomer may be either, back or moved.
    fn list_returning<'a>(
        &'a self,
        gone: &[Candidate<'a>],
        given: &Given<'a>,
        asking: &Asking<'_>,
    ) -> Vec<Candidate<'a>> {
        let past = asking.past;
        let mut texts: HashMap<(&str, &str), Vec<Signature>> = HashMap::new();
        for (trace, _) in gone {
            let alike = texts.entry((trace.published, trace.title)).or_default();
            alike.extend(trace.text);
        }
        let mut returning = Vec::new();
        for line in self.posts.all() {
            let alike = texts.get(&(line.published, line.title));
            let alike = alike.filter(|_| !given.taken.contains(line.id));
            let Some(alike) = alike.filter(|_| asking.is_dead(line.id)) else {
                continue;
            };
            let Some(text) = past.earlier(line.id) else {
                continue;
            };
            if alike.iter().any(|other| other.compare(text).is_same()) {
                returning.push((make_trace(&line, Some(text), past), line.id));
            }
        }
        returning
    }
}

/// Makes the traits of the post of a line that had this text.
fn make_trace<'a>(line: &Line<'a>, text: Option<Signature>, past: &dyn Past) -> Trace<'a> {
    let short = text.filter(|text| text.is_short());
    Trace {
        is_shared: short.is_some_and(|text| past.is_shared(text)),
        ..Trace::from_line(line, text)
    }
}
