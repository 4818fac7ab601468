//! The parts of the rooms that tests, benches and fuzz use; for nobody else, and without any promise.

pub mod consent {
    pub use crate::consent::{ReaderState, Said, Source, Wish};
}
pub mod delivery {
    pub use crate::delivery::{IssueDelivery, Mailer, Progress, Stop};
}
pub mod digest {
    pub use crate::digest::{
        ADDRESS, Content, Draft, IssuePlace, LEAVE, NAME, Sizes, Templates, choose_news,
        render_draft, split_at_limit,
    };
}
pub mod feed {
    pub use crate::feed::{
        Bodies, OldFeed, Outline, RenderedDocument, Setting, Sink, plan, render,
    };
}
pub mod finding {
    pub use crate::finding::{Finding, Rule};
}
pub mod imap {
    pub use crate::imap::{Fetched, ImapSession, Selected};
}
pub mod inbox {
    pub use crate::inbox::{
        Action, Incoming, Kind, MOST_BYTES, Ours, Report, Sign, Verb, choose_report, classify,
    };
}
pub mod language {
    pub use crate::language::FixedWords;
}
pub mod ledger {
    pub use crate::ledger::{
        DeliveryState, Issue, IssueId, IssueState, Outcome, Settled, Slot, SlotKind,
    };
}
pub mod loader {
    pub use crate::loader::{Loaded, load_posts};
}
pub mod lock {
    pub use crate::lock::{Absence, Lock, Past, Unnamed};
}
pub mod message {
    pub use crate::message::{Compiled, Envelope, Origin, compile};
    pub mod dkim {
        pub use crate::message::dkim::{Algorithm, Signer, SigningKey};
    }
}
pub mod post {
    pub use crate::post::{
        Body, Drawing, FeedOrigin, Index, Post, PostPrints, Read, Signature, fingerprint_of, read,
        render_body,
    };
    pub mod dialect {
        pub use crate::post::dialect::Habits;
    }
    pub mod facts {
        pub mod date {
            pub use crate::post::facts::date::{
                Joint, Zoning, find_in_part, find_in_path, parse, split_leading, split_name,
            };
        }
    }
}
pub mod publish {
    pub use crate::publish::Manifest;
}
pub mod reader {
    pub use crate::reader::{Email, Mailbox, Reader, ReaderId};
}
pub mod smtp {
    pub use crate::smtp::Dialer;
}
pub mod store {
    pub use crate::store::{
        Access, Busy, ConsentRequest, Foreseen, Freeze, Frozen, Resent, Sender, Store, StoreError,
    };
}
pub mod subscriber {
    pub use crate::subscriber::List;
}
pub mod token {
    pub use crate::token::{Claim, Key, Purpose, random_id};
}
pub mod verdict {
    pub use crate::verdict::{Attempt, JudgedReply, Phase, Reply, Trouble, Verdict, judge};
}
