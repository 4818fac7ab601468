//! `tidings check`.

use std::net::{AddrParseError, SocketAddr};

use clap::Args;

use crate::finding::Rule;
use crate::reader::Mailbox;

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "annotate")]
    pub json: bool,
    /// Print each finding as an annotation for GitHub's workflows
    #[arg(long)]
    pub annotate: bool,
    /// Send a real message to this address of your own, and read it back from the Maildir of `inbox` under `[mail]`
    #[arg(long, value_name = "ADDRESS", conflicts_with = "offline")]
    pub mail: Option<Mailbox>,
    /// Print why what a code names matters, and what to do
    #[arg(long, value_name = "CODE", conflicts_with_all = ["json", "annotate", "offline", "mail"])]
    pub explain: Option<Rule>,
    /// Speak neither to the relay nor to DNS nor to your server
    #[arg(long)]
    pub offline: bool,
    /// The name server to ask instead of the machine's own
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = server_of, conflicts_with = "offline")]
    pub dns: Option<SocketAddr>,
}

/// A name server; port 53 where none is named.
fn server_of(text: &str) -> Result<SocketAddr, AddrParseError> {
    let with_port = text.parse();
    with_port.or_else(|_| text.parse().map(|address| SocketAddr::new(address, 53)))
}
