//! Ids while they are given, and new ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::lock::Unnamed;
use crate::lock::claims::Claims;
use crate::post::compose;

/// Ids while they are given: no two posts get one.
pub(super) struct Given<'a> {
    pub(super) ids: Vec<Option<&'a str>>,
    pub(super) taken: HashSet<&'a str>,
    /// The posts that get no id.
    pub(super) refused: HashSet<usize>,
    /// The posts that were matched with vanished ones.
    pub(super) moved: BTreeSet<usize>,
    /// The ids of vanished posts that refused posts may have.
    pub(super) elsewhere: HashSet<&'a str>,
}

impl<'a> Given<'a> {
    /// Step 1: takes the ids of front matters.
    pub(super) fn new(posts: &[Unnamed<'a>], claims: &Claims) -> Self {
        let refused: HashSet<usize> = claims.refused.iter().map(|(number, _)| *number).collect();
        let own =
            |(number, post): (usize, &Unnamed<'a>)| post.id.filter(|_| !refused.contains(&number));
        let ids: Vec<Option<&str>> = posts.iter().enumerate().map(own).collect();
        Self {
            taken: ids.iter().flatten().copied().collect(),
            ids,
            refused,
            moved: BTreeSet::new(),
            elsewhere: HashSet::new(),
        }
    }

    /// The posts without an id, refused ones included.
    pub(super) fn list_without_id(&self) -> impl Iterator<Item = usize> {
        let without = self.ids.iter().enumerate().filter(|(_, id)| id.is_none());
        without.map(|(number, _)| number)
    }

    /// The posts without an id that are not refused.
    pub(super) fn list_lacking(&self) -> impl Iterator<Item = usize> {
        self.list_without_id()
            .filter(|number| !self.refused.contains(number))
    }

    /// Whether any post still needs an id.
    pub(super) fn lacks(&self) -> bool {
        self.list_lacking().next().is_some()
    }

    /// Gives each post without an id the one that `known` says, if no other post asks for the same.
    pub(super) fn take_alone(&mut self, known: impl Fn(usize) -> Option<&'a str>) {
        let asked: Vec<(usize, &str)> = self
            .list_lacking()
            .filter_map(|number| Some((number, known(number)?)))
            .collect();
        let mut count: HashMap<&str, usize> = HashMap::new();
        for (_, id) in &asked {
            *count.entry(id).or_default() += 1;
        }
        for (number, id) in asked {
            if count[id] == 1 {
                self.give(number, id);
            }
        }
    }

    /// Gives this post this id, unless another has it. Returns whether it has it now.
    pub(super) fn give(&mut self, number: usize, id: &'a str) -> bool {
        let is_free = self.taken.insert(id);
        if is_free {
            self.ids[number] = Some(id);
        }
        is_free
    }

    /// Gives this post the id of a vanished one, unless another has it.
    pub(super) fn give_moved(&mut self, number: usize, id: &'a str) {
        if self.give(number, id) {
            self.moved.insert(number);
        }
    }

    /// Gives each post without an id the one that `known` says, unless another has it.
    pub(super) fn take(&mut self, known: impl Fn(usize) -> Option<&'a str>) {
        let lacking: Vec<usize> = self.list_lacking().collect();
        for number in lacking {
            if let Some(id) = known(number) {
                self.give(number, id);
            }
        }
    }

    /// Mints ids for the rest, and returns all.
    pub(super) fn mint_rest(
        self,
        authority: &str,
        posts: &[Unnamed<'_>],
        known: &HashMap<&str, &str>,
    ) -> Vec<Option<String>> {
        let Self {
            ids,
            taken,
            refused,
            ..
        } = self;
        // Two paths that differ only in the form of their accents would mint the same id.
        let mut composed: HashSet<String> = HashSet::new();
        let mut new = |post: &Unnamed<'_>| {
            let plain = mint(authority, post);
            let mut id = plain.clone();
            // Another post may have had this path on that day.
            let mut number = 2;
            while known.contains_key(id.as_str())
                || taken.contains(id.as_str())
                || composed.contains(&id)
            {
                id = format!("{plain};{number}");
                number += 1;
            }
            if !post.path.is_ascii() {
                composed.insert(id.clone());
            }
            id
        };
        let id_of = |(number, (id, post)): (usize, (Option<&str>, &Unnamed<'_>))| match id {
            Some(id) => Some(id.to_owned()),
            None if refused.contains(&number) => None,
            None => Some(new(post)),
        };
        ids.into_iter().zip(posts).enumerate().map(id_of).collect()
    }
}

/// Mints a `tag:` URI (RFC 4151) from the authority, the day of publication and the path. Accents are composed, since
/// identifiers are compared that way (RFC 3987 5.3.2.2) and some file systems take them apart. `%` becomes `=25`
/// instead of `%25`, since some readers decode twice; `=` becomes `%3D`, so the two never collide.
pub(super) fn mint(authority: &str, post: &Unnamed<'_>) -> String {
    let whole = compose(post.path);
    let mut path = String::with_capacity(whole.len());
    for byte in whole.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                path.push(char::from(byte));
            }
            b'%' => path.push_str("=25"),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    format!(
        "tag:{authority},{}:{path}",
        post.published.format("%Y-%m-%d")
    )
}
