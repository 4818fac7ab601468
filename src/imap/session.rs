//! A session with one mailbox: log in, find what waits, read it message by message, move what is done.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use imap_proto::{AttributeValue, Capability, MailboxDatum, NameAttribute, Response, ResponseCode};

use crate::config::{Auth, ImapAccount, Mail, Timeouts};
use crate::imap::dialogue::{Completion, Dialogue};
use crate::imap::names::{can_be_quoted, quote, quote_mailbox};
use crate::imap::wire::{ImapWire, lose};
use crate::login::Login;
use crate::tls::{Duplex, TlsSettings, connect};
use crate::verdict::Trouble;

/// The error when the server refuses the password; it shows neither the password nor the server's words.
const REFUSED: &str = "the server refuses the user or the password";

/// A session of somebody who has logged in.
pub struct ImapSession {
    dialogue: Dialogue,
    offers: HashSet<String>,
    /// The mailbox for what is done, as it is called here; none before something was moved.
    done: Option<String>,
}

/// A mailbox that was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// The UIDVALIDITY: another one makes its UIDs new (RFC 3501 2.3.1.1).
    pub validity: u32,
    /// The UID that the next message will have at least; `None` if the server does not say.
    pub next: Option<u32>,
}

/// The result of fetching a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// Its first bytes.
    Message(Vec<u8>),
    /// It is gone.
    Gone,
    /// The server does not give it, in these words.
    Refused(String),
}

impl ImapSession {
    /// Connects and logs in. A message that is fetched later has at most `most` bytes.
    ///
    /// # Errors
    /// The trouble, and whether it is the server's or ours.
    pub async fn open(account: &ImapAccount, mail: &Mail, most: usize) -> Result<Self, Trouble> {
        let login = find_login(account, mail)?;
        let stream = reach(account, mail, mail.timeout).await?;
        Self::begin(stream, login, mail.timeout, most).await
    }

    /// Logs in over a connection that is there already.
    ///
    /// # Errors
    /// The trouble, and whether it is the server's or ours.
    pub async fn open_over(
        stream: Box<dyn Duplex>,
        account: &ImapAccount,
        mail: &Mail,
        most: usize,
    ) -> Result<Self, Trouble> {
        Self::begin(stream, find_login(account, mail)?, mail.timeout, most).await
    }

    async fn begin(
        stream: Box<dyn Duplex>,
        login: Login,
        limits: Timeouts,
        most: usize,
    ) -> Result<Self, Trouble> {
        let wire = ImapWire::new(stream, most);
        let mut session = Self {
            dialogue: Dialogue::new(wire, login.secrets(), limits.command.0),
            offers: HashSet::new(),
            done: None,
        };
        let is_known = session.dialogue.greet(limits.greeting.0).await?;
        session.ask_offers().await?;
        if !is_known {
            session.log_in(&login).await?;
            session.ask_offers().await?;
        }
        Ok(session)
    }

    async fn ask_offers(&mut self) -> Result<(), Trouble> {
        let mut offers = HashSet::new();
        let take = |response: &Response<'_>| {
            if let Response::Capabilities(capabilities) = response {
                offers.extend(capabilities.iter().map(name_of));
            }
        };
        let completion = self.dialogue.send_command("CAPABILITY", take).await?;
        completion.expect("the server does not say what it offers")?;
        self.offers = offers;
        Ok(())
    }

    fn offers(&self, name: &str) -> bool {
        self.offers.contains(name)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Trouble> {
        let way = self.choose_way(login.auth)?;
        let (command, lines) = match way {
            Auth::Login => log_in_by_command(login),
            Auth::Xoauth2 => self.authenticate("XOAUTH2", login.encode_token()),
            Auth::Auto | Auth::Plain => self.authenticate("PLAIN", login.encode_plain()),
        };
        let completion = self
            .dialogue
            .send_command_with(&command, &lines, |_| {})
            .await?;
        // The words may repeat the password in some form, so only the code is shown.
        let code = completion.code.map(|code| format!(" ({code})"));
        let code = code.unwrap_or_default();
        match (completion.is_ok, code.as_str()) {
            (true, _) => Ok(()),
            (false, " (UNAVAILABLE)" | " (INUSE)" | " (LIMIT)") => {
                Err(lose(format!("the server cannot log us in now{code}")))
            }
            (false, _) => Err(Trouble::Us(format!(
                "{REFUSED}{code}: look at TIDINGS_MAIL__INBOX_PASSWORD, and whether the account wants one for programs"
            ))),
        }
    }

    fn authenticate(&self, way: &str, token: String) -> (String, Vec<String>) {
        match self.offers("SASL-IR") {
            true => (format!("AUTHENTICATE {way} {token}"), Vec::new()),
            false => (format!("AUTHENTICATE {way}"), vec![token]),
        }
    }

    /// Chooses how to log in: as configured, else by the first way that the server offers.
    fn choose_way(&self, auth: Auth) -> Result<Auth, Trouble> {
        let is_offered = |way: Auth| match way {
            Auth::Plain => self.offers("AUTH=PLAIN"),
            Auth::Login => !self.offers("LOGINDISABLED"),
            Auth::Xoauth2 => self.offers("AUTH=XOAUTH2"),
            Auth::Auto => false,
        };
        let known = [Auth::Plain, Auth::Login, Auth::Xoauth2];
        let mut ways = known
            .into_iter()
            .filter(|way| auth == Auth::Auto || auth == *way);
        ways.find(|way| is_offered(*way)).ok_or_else(|| {
            let words = "the server offers no way to log in that is known here or asked for, so the password was not sent";
            Trouble::Us(words.to_owned())
        })
    }

    /// Selects the mailbox; with `read_only` nothing in it can change, not even by looking.
    ///
    /// # Errors
    /// If there is none, or where it can only be read although it must be written.
    pub async fn select(
        &mut self,
        account: &ImapAccount,
        read_only: bool,
    ) -> Result<Selected, Trouble> {
        let mut selected = Selected {
            validity: 0,
            next: None,
        };
        let take = |response: &Response<'_>| {
            let Response::Data { outcome, .. } = response else {
                return;
            };
            match outcome.code {
                Some(ResponseCode::UidValidity(validity)) => selected.validity = validity,
                Some(ResponseCode::UidNext(next)) => selected.next = Some(next),
                _ => {}
            }
        };
        let verb = if read_only { "EXAMINE" } else { "SELECT" };
        let command = format!("{verb} {}", quote_mailbox(&account.mailbox));
        let completion = self.dialogue.send_command(&command, take).await?;
        let name = &account.mailbox;
        let completion = completion.expect(&format!("the mailbox `{name}` cannot be opened"))?;
        if completion.is_read_only && !read_only {
            return Err(Trouble::Us(format!(
                "the mailbox `{name}` can only be read by this user, so nothing in it could be moved"
            )));
        }
        Ok(selected)
    }

    /// The UIDs of the messages in this range that are not marked as deleted, in order.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn search(&mut self, range: RangeInclusive<u32>) -> Result<Vec<u32>, Trouble> {
        let mut found = Vec::new();
        let (first, last) = range.clone().into_inner();
        let take = |response: &Response<'_>| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                // `9:*` has the last message even where it is before the ninth.
                found.extend(uids.iter().copied().filter(|uid| range.contains(uid)));
            }
        };
        let last = match last {
            u32::MAX => "*".to_owned(),
            last => last.to_string(),
        };
        let command = format!("UID SEARCH UID {first}:{last} UNDELETED");
        let completion = self.dialogue.send_command(&command, take).await?;
        completion.expect("the mailbox cannot be searched")?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The first `most` bytes of a message. It is not marked as read.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn fetch(&mut self, uid: u32, most: usize) -> Result<Fetched, Trouble> {
        let mut message = None;
        let take = |response: &Response<'_>| {
            let Response::Fetch(_, attributes) = response else {
                return;
            };
            let is_it = |attribute: &AttributeValue<'_>| *attribute == AttributeValue::Uid(uid);
            if !attributes.iter().any(is_it) {
                return;
            }
            for attribute in attributes {
                if let AttributeValue::BodySection {
                    section: None,
                    data: Some(data),
                    ..
                } = attribute
                {
                    message = Some(data[..data.len().min(most)].to_vec());
                }
            }
        };
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{most}>)");
        let completion = self.dialogue.send_command(&command, take).await?;
        Ok(match message {
            Some(message) => Fetched::Message(message),
            None if completion.is_ok => Fetched::Gone,
            None => Fetched::Refused(completion.words),
        })
    }

    /// Moves messages to the mailbox of this name, which is made where it is missing.
    ///
    /// # Errors
    /// If they cannot be moved: then they are all where they were, unless the connection failed.
    pub async fn put_away(&mut self, uids: &[u32], done: &str) -> Result<(), Trouble> {
        if uids.is_empty() {
            return Ok(());
        }
        let place = match &self.done {
            Some(place) => place.clone(),
            None => self.find_or_make(done).await?,
        };
        let list: Vec<String> = uids.iter().map(u32::to_string).collect();
        let list = list.join(",");
        let failed = format!("messages cannot be moved to `{done}`");
        if self.offers("MOVE") {
            let moved = self.give(&format!("UID MOVE {list} {place}")).await?;
            moved.expect(&failed)?;
        } else {
            let copied = self.give(&format!("UID COPY {list} {place}")).await?;
            copied.expect(&failed)?;
            let mark = format!("UID STORE {list} +FLAGS.SILENT (\\Deleted)");
            self.give(&mark).await?.expect(&failed)?;
            // Without UIDPLUS (RFC 4315) what others have marked would go too: so the mark is all.
            if self.offers("UIDPLUS") {
                let gone = self.give(&format!("UID EXPUNGE {list}")).await?;
                gone.expect(&failed)?;
            }
        }
        self.done = Some(place);
        Ok(())
    }

    /// The mailbox of this name as commands call it, which is made where it is missing. Some servers keep all mailboxes of
    /// a user below INBOX: there it is `INBOX.tidings`.
    async fn find_or_make(&mut self, name: &str) -> Result<String, Trouble> {
        let mut delimiter = None;
        self.list("\"\"", |_, found| delimiter = found).await?;
        let mut names = vec![name.to_owned()];
        names.extend(delimiter.map(|delimiter| format!("INBOX{delimiter}{name}")));
        for name in &names {
            let place = quote_mailbox(name);
            let mut is_there = false;
            self.list(&place, |may_hold_mail, _| is_there |= may_hold_mail)
                .await?;
            if is_there {
                return Ok(place);
            }
        }
        let mut last = None;
        for name in &names {
            let place = quote_mailbox(name);
            let made = self.give(&format!("CREATE {place}")).await?;
            if made.is_ok {
                // So that mail programs show it.
                self.give(&format!("SUBSCRIBE {place}")).await?;
                return Ok(place);
            }
            last = Some(made);
        }
        let words = last.map(|made| made.words).unwrap_or_default();
        Err(Trouble::Us(format!(
            "the mailbox `{name}` cannot be made: {words}; make it, or name another with `inbox_done`"
        )))
    }

    /// Hands over whether each mailbox of this name may hold mail, and the character between the levels of names.
    async fn list(
        &mut self,
        place: &str,
        mut take: impl FnMut(bool, Option<String>),
    ) -> Result<(), Trouble> {
        let take = |response: &Response<'_>| {
            let Response::MailboxData(MailboxDatum::List(found)) = response else {
                return;
            };
            let holds_none = found.name_attributes.iter().any(holds_no_mail);
            let delimiter = found.delimiter.as_deref().map(str::to_owned);
            take(!holds_none, delimiter);
        };
        let command = format!("LIST \"\" {place}");
        let completion = self.dialogue.send_command(&command, take).await?;
        completion.expect("the mailboxes cannot be listed")?;
        Ok(())
    }

    async fn give(&mut self, command: &str) -> Result<Completion, Trouble> {
        self.dialogue.send_command(command, |_| {}).await
    }

    /// Ends the session.
    pub async fn close(self) {
        self.dialogue.log_out().await;
    }
}

/// Returns who logs in, and with which password.
fn find_login(account: &ImapAccount, mail: &Mail) -> Result<Login, Trouble> {
    let Some(password) = mail.inbox_password.clone() else {
        let words = "there is no password: set TIDINGS_MAIL__INBOX_PASSWORD in the environment";
        return Err(Trouble::Us(words.to_owned()));
    };
    Ok(Login {
        auth: account.auth,
        user: account.user.clone(),
        password,
    })
}

/// Connects, and encrypts as the address asks.
async fn reach(
    account: &ImapAccount,
    mail: &Mail,
    limits: Timeouts,
) -> Result<Box<dyn Duplex>, Trouble> {
    let host = account.host.trim_matches(['[', ']']);
    let tls = match account.is_encrypted {
        true => Some(TlsSettings::new(host, mail.ca.as_deref())?),
        false => None,
    };
    let limit = limits.connect.0;
    let tcp = connect(host, account.port, limit).await.map_err(lose)?;
    Ok(match tls {
        Some(tls) => Box::new(tls.encrypt(tcp, "server", limit).await?),
        None => Box::new(tcp),
    })
}

/// The command LOGIN (RFC 3501 6.2.3): in quoted strings, else in literals, each of which the server asks for.
fn log_in_by_command(login: &Login) -> (String, Vec<String>) {
    let (user, password) = (login.user.as_str(), login.password.reveal());
    if can_be_quoted(user) && can_be_quoted(password) {
        let command = format!("LOGIN {} {}", quote(user), quote(password));
        return (command, Vec::new());
    }
    let first = format!("{user} {{{}}}", password.len());
    let command = format!("LOGIN {{{}}}", user.len());
    (command, vec![first, password.to_owned()])
}

/// Whether a mailbox of this kind is only a name (RFC 3501 7.2.2, RFC 5258 3).
fn holds_no_mail(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn name_of(capability: &Capability<'_>) -> String {
    let name = match capability {
        Capability::Auth(way) => format!("AUTH={way}"),
        Capability::Atom(name) => name.to_string(),
        Capability::Imap4rev1 => "IMAP4rev1".to_owned(),
    };
    name.to_ascii_uppercase()
}
