//! The log of a resident: events of `tracing`, each as one line of JSON on stderr. Without it, words go to stderr as they are.
//!
//! An event has a name and fields of its own. None has a token, a query or the path of a request; e-mail addresses are
//! hidden in every text, unless the owner asks for them.

use std::fmt;
use std::io::{self, Write};
use std::sync::LazyLock;

use chrono::SecondsFormat;
use regex::Regex;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Level, Metadata, Subscriber, dispatcher};

use crate::clock::Clock;
use crate::finding::visible_json;

/// Our own events begin with this target; those of libraries may hold anything.
const OURS: &str = env!("CARGO_CRATE_NAME");
/// The fields that hold addresses of people and nothing else.
const OF_PEOPLE: [&str; 2] = ["address", "network"];
/// Replaces an address.
const HIDDEN: &str = "(address)";

/// An e-mail address, wherever it stands in a text.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[^\s<>()\[\]{}"'`“”,;:=/?&]+@[^\s<>()\[\]{}"'`“”,;:=/?&@]+"#)
        .expect("the pattern is fixed")
});

/// Whether a log is kept: then nothing else may go to stderr.
pub(crate) fn is_kept() -> bool {
    dispatcher::has_been_set()
}

/// Keeps a log from now on: of what needs a person if `is_quiet`, else of everything. Addresses are hidden unless
/// `shows_addresses`.
pub(crate) fn keep(clock: Clock, is_quiet: bool, shows_addresses: bool) {
    let most = if is_quiet { Level::WARN } else { Level::INFO };
    // A program around this one may keep its own.
    let _ = set_global_default(JsonLines {
        clock,
        most,
        shows_addresses,
    });
}

/// Says something to a person: an event of the log, else words on stderr.
pub(crate) fn say(words: &str) {
    match is_kept() {
        true => tracing::info!(event = "note", message = words),
        false => drop(writeln!(io::stderr(), "{words}")),
    }
}

/// Writes our events as lines of JSON to stderr.
struct JsonLines {
    clock: Clock,
    most: Level,
    shows_addresses: bool,
}

impl JsonLines {
    fn line(&self, event: &Event<'_>) -> String {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            _ => "info",
        };
        let time = self.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut fields = EventFields {
            map: Map::new(),
            shows_addresses: self.shows_addresses,
        };
        fields.map.insert("time".to_owned(), time.into());
        fields.map.insert("level".to_owned(), level.into());
        event.record(&mut fields);
        visible_json(&Value::Object(fields.map).to_string()).into_owned()
    }
}

impl Subscriber for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = target.split("::").next() == Some(OURS);
        is_ours && metadata.is_event() && *metadata.level() <= self.most
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.enabled(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.most))
    }

    fn event(&self, event: &Event<'_>) {
        let line = self.line(event) + "\n";
        // One write, so that lines of several threads stay whole.
        let _ = io::stderr().write_all(line.as_bytes());
    }

    // There are no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct EventFields {
    map: Map<String, Value>,
    shows_addresses: bool,
}

impl EventFields {
    fn put(&mut self, field: &Field, value: Value) {
        self.map.insert(field.name().to_owned(), value);
    }
}

impl Visit for EventFields {
    fn record_str(&mut self, field: &Field, text: &str) {
        match self.shows_addresses {
            true => self.put(field, text.into()),
            false if OF_PEOPLE.contains(&field.name()) => {}
            false => self.put(field, ADDRESS.replace_all(text, HIDDEN).into()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_u64(&mut self, field: &Field, number: u64) {
        self.put(field, number.into());
    }

    fn record_i64(&mut self, field: &Field, number: i64) {
        self.put(field, number.into());
    }

    fn record_f64(&mut self, field: &Field, number: f64) {
        self.put(field, number.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::{ADDRESS, HIDDEN};

    #[test]
    fn no_address_stays_in_a_text() {
        for (text, shown) in [
            ("at ada@x.example: 550 no", "at (address): 550 no"),
            ("<ada+b@x.example>", "<(address)>"),
            (
                "Ada <ada@x.example>, bob@y.example",
                "Ada <(address)>, (address)",
            ),
            ("jürgen@münchen.example", "(address)"),
            (
                "mailto:ada@x.example?subject=x",
                "mailto:(address)?subject=x",
            ),
            ("ada%40x.example at 8 @ home", "ada%40x.example at 8 @ home"),
            ("2 new, 1 updated", "2 new, 1 updated"),
        ] {
            assert_eq!(ADDRESS.replace_all(text, HIDDEN), shown, "{text}");
        }
    }
}
