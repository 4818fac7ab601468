//! HTTP: pages for people. A handler calls one function and shows what it gives.

mod preview;

pub(crate) use preview::{Door, Preview, PreviewSource, serve_preview};
