//! Posts → [`Outline`] → bytes: which documents there are, and one writer for each format.

mod address;
mod adopt;
mod check;
mod excess;
mod format;
mod issues;
mod mark;
mod model;
mod opml;
mod ours;
mod outline;
mod page;
mod parse;
mod render;
mod setting;
mod text;
mod topic;

pub(crate) use address::{find_media_type, make_url};
pub(crate) use adopt::Adoption;
pub(crate) use check::CheckedDocument;
pub(crate) use format::{check_document, list_media_types};
pub(crate) use issues::{ISSUES, IssueEntry, IssueFeeds, make_page_url};
pub(crate) use ours::is_ours;
pub(crate) use outline::{FeedPlan, find_folder_at};
pub use outline::{Outline, plan};
pub(crate) use page::write_links;
pub use parse::OldFeed;
pub(crate) use parse::{Attached, Item};
pub use render::{Bodies, RenderedDocument, Sink, render};
pub use setting::Setting;
