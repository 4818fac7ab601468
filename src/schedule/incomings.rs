//! Reads returned mail: one message handed over, a Maildir, an mbox, or a box on a server.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use anyhow::Context;

use crate::app::App;
use crate::config::Inbox;
use crate::finding::Finding;
use crate::inbox::{Incoming, MOST_BYTES, Maildir, Mbox, Ours, classify};
use crate::schedule::remote::RemoteBox;
use crate::store::Store;

/// The number of messages that are carried out in one transaction.
const BATCH: usize = 100;

/// A source of messages.
pub(crate) enum Incomings {
    /// One message, from a program that hands it over.
    Pipe(Option<Vec<u8>>),
    /// The files of a Maildir.
    Maildir(Maildir, std::vec::IntoIter<PathBuf>),
    /// The messages of an mbox.
    Mbox(Mbox<File>),
    /// The messages of a mailbox on a server.
    Remote(Box<RemoteBox>),
}

/// A message, and where it is.
pub(super) struct ReceivedMessage {
    pub(super) incoming: Incoming,
    place: MessagePlace,
}

/// The place of a message, so that it can be moved.
enum MessagePlace {
    /// A place from which nothing is moved.
    Nowhere,
    File(PathBuf),
    Uid(u32),
}

/// What becomes of a message in its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is put away.
    Done,
    /// It stays for a person.
    Stays,
    /// It stays and is read again: its time has not come.
    Later,
}

impl Incomings {
    /// Opens this box. A box on a server gives the messages that came since it was read last, or with `all` whatever is
    /// there.
    ///
    /// # Errors
    /// A finding where it cannot be opened.
    pub(crate) async fn open(app: &App, inbox: &Inbox, all: bool) -> anyhow::Result<Self> {
        Ok(match inbox {
            Inbox::Maildir(folder) => {
                let maildir = Maildir::open(folder)?;
                let waiting = maildir.waiting()?.into_iter();
                Self::Maildir(maildir, waiting)
            }
            Inbox::Mbox(file) => Self::Mbox(Mbox::open(file)?),
            Inbox::Imap(account) => {
                let remote = Box::pin(RemoteBox::open(app, account, all)).await?;
                Self::Remote(Box::new(remote))
            }
        })
    }

    /// The one message of these bytes, all of which are read: whoever writes them must not meet a closed pipe.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn pipe(mut bytes: impl Read) -> anyhow::Result<Self> {
        let mut message = Vec::new();
        let unreadable = || "the message cannot be read";
        let most = MOST_BYTES as u64;
        (&mut bytes)
            .take(most)
            .read_to_end(&mut message)
            .with_context(unreadable)?;
        io::copy(&mut bytes, &mut io::sink()).with_context(unreadable)?;
        Ok(Self::Pipe(Some(message)))
    }

    /// Up to so many messages more. One that cannot be read is named, and the others are read all the same.
    ///
    /// # Errors
    /// If none can be read any more.
    pub(super) async fn next(
        &mut self,
        ours: &Ours,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Vec<ReceivedMessage>> {
        let mut messages = Vec::new();
        while messages.len() < BATCH {
            let Some((bytes, place)) = self.read(findings).await? else {
                break;
            };
            let incoming = classify(&bytes, ours);
            messages.push(ReceivedMessage { incoming, place });
        }
        Ok(messages)
    }

    async fn read(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Option<(Vec<u8>, MessagePlace)>> {
        match self {
            Self::Pipe(message) => Ok(message.take().map(|bytes| (bytes, MessagePlace::Nowhere))),
            Self::Mbox(messages) => {
                let bytes = messages.next().transpose();
                let bytes = bytes.context("the mbox cannot be read")?;
                Ok(bytes.map(|bytes| (bytes, MessagePlace::Nowhere)))
            }
            Self::Maildir(_, files) => {
                for file in files {
                    match Maildir::read(&file) {
                        Ok(Some(bytes)) => return Ok(Some((bytes, MessagePlace::File(file)))),
                        Ok(None) => {}
                        Err(finding) => findings.push(finding),
                    }
                }
                Ok(None)
            }
            Self::Remote(remote) => {
                let read = remote.read(findings).await;
                Ok(read.map(|(bytes, uid)| (bytes, MessagePlace::Uid(uid))))
            }
        }
    }

    /// Puts away what is done.
    ///
    /// # Errors
    /// If the store cannot note how far the box was read.
    pub(super) async fn settle(
        &mut self,
        app: &App,
        store: &Store,
        messages: &[(ReceivedMessage, Fate)],
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Pipe(_) | Self::Mbox(_) => {}
            Self::Maildir(maildir, _) => {
                for (message, fate) in messages {
                    if let (MessagePlace::File(file), Fate::Done) = (&message.place, fate) {
                        findings.extend(maildir.put_away(file).err());
                    }
                }
            }
            Self::Remote(remote) => {
                let with = |wanted: Fate| -> Vec<u32> {
                    let those = messages.iter().filter(|(_, fate)| *fate == wanted);
                    those.filter_map(|(message, _)| message.uid()).collect()
                };
                remote
                    .settle(&with(Fate::Done), &with(Fate::Later), findings)
                    .await;
                remote.note(store, app.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// If the store cannot note how far the box was read.
    pub(super) async fn close(self, app: &App, store: &Store) -> anyhow::Result<()> {
        if let Self::Remote(mut remote) = self {
            remote.note(store, app.clock.now()).await?;
            remote.close().await;
        }
        Ok(())
    }
}

impl ReceivedMessage {
    fn uid(&self) -> Option<u32> {
        match self.place {
            MessagePlace::Uid(uid) => Some(uid),
            MessagePlace::Nowhere | MessagePlace::File(_) => None,
        }
    }
}
