//! One target for each thing that strangers write: what it makes of bytes, and what must hold afterwards.

mod grammar;
mod imap;
mod mail;
mod peer;
mod posts;
mod stores;
mod texts;
mod wire;

/// A target: any bytes may be given to it, and it panics where something does not hold.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 18] = [
    Target {
        name: "front",
        run: posts::facts::front,
    },
    Target {
        name: "date",
        run: posts::facts::date,
    },
    Target {
        name: "permalink",
        run: posts::facts::permalink,
    },
    Target {
        name: "liquid",
        run: posts::bodies::liquid,
    },
    Target {
        name: "shortcode",
        run: posts::bodies::shortcode,
    },
    Target {
        name: "mdx",
        run: posts::bodies::mdx,
    },
    Target {
        name: "html",
        run: posts::bodies::html,
    },
    Target {
        name: "config",
        run: texts::config,
    },
    Target {
        name: "template",
        run: texts::template,
    },
    Target {
        name: "list",
        run: texts::list,
    },
    Target {
        name: "lock",
        run: stores::lock,
    },
    Target {
        name: "manifest",
        run: stores::manifest,
    },
    Target {
        name: "old_feed",
        run: texts::old_feed,
    },
    Target {
        name: "reply",
        run: texts::reply,
    },
    Target {
        name: "dialogue",
        run: wire::dialogue,
    },
    Target {
        name: "imap",
        run: imap::imap,
    },
    Target {
        name: "inbox",
        run: mail::inbox,
    },
    Target {
        name: "token",
        run: stores::token,
    },
];
