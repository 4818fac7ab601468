//! `tidings inbox`: what came back by mail.

use std::io::{self, IsTerminal as _};

use anyhow::bail;

use crate::app::App;
use crate::cli;
use crate::config::Inbox;
use crate::ending::Ending;
use crate::schedule::{Incomings, read_inbox};
use crate::talk::Talk;

/// Reads the box that is named, else that of the config, else one message from standard input.
pub(super) async fn run(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::InboxArgs,
) -> anyhow::Result<Ending> {
    let named = match (&args.maildir, &args.mbox, &args.imap) {
        (Some(folder), _, _) => Some(Inbox::Maildir(folder.clone())),
        (_, Some(file), _) => Some(Inbox::Mbox(file.clone())),
        (_, _, Some(account)) => Some(Inbox::Imap(account.clone())),
        _ if args.stdin => None,
        _ => app.config.mail.inbox.clone(),
    };
    let incomings = match named {
        Some(inbox) => Incomings::open(app, &inbox, args.all).await?,
        None if io::stdin().is_terminal() => bail!(
            "there is no box to read\n  set `inbox` under [mail], name one with `--maildir`, `--mbox` or `--imap`, or hand a message \
             over on standard input"
        ),
        None => Incomings::pipe(io::stdin().lock())?,
    };
    read_inbox(app, talk, incomings).await
}
