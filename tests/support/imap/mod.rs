//! An IMAP server in the test's own process, over TLS or in clear, that can be told to go wrong.

mod serving;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

use serving::Serving;

pub(crate) const USER: &str = "news@hums.example";
pub(crate) const PASSWORD: &str = "hunter2 \"and\" \\more";

/// A fault at a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// The connection is closed.
    Drop,
    /// Half of the answer, then the connection is closed.
    Half,
    /// Nothing more is said.
    Hang,
    /// This answer.
    Says(&'static str),
}

/// How a server behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) is_encrypted: bool,
    pub(crate) offers: &'static str,
    /// Whether all mailboxes of a user are below INBOX.
    pub(crate) below_inbox: bool,
    /// At most so many octets are written at once.
    pub(crate) chunk: usize,
    /// The fault: at a verb, from its so-manieth use on, counted from 0.
    pub(crate) slip: Option<(&'static str, usize, Slip)>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            is_encrypted: false,
            offers: "SASL-IR AUTH=PLAIN UIDPLUS MOVE",
            below_inbox: false,
            chunk: usize::MAX,
            slip: None,
        }
    }
}

#[derive(Debug, Clone)]
struct Kept {
    bytes: Vec<u8>,
    is_deleted: bool,
}

#[derive(Debug, Clone)]
struct Folder {
    validity: u32,
    next: u32,
    messages: BTreeMap<u32, Kept>,
}

/// The mailboxes of the server, and the commands that it has heard.
#[derive(Debug)]
struct Account {
    folders: BTreeMap<String, Folder>,
    heard: Vec<String>,
    manners: Manners,
    used: BTreeMap<String, usize>,
}

impl Folder {
    fn new(validity: u32) -> Self {
        Self {
            validity,
            next: 1,
            messages: BTreeMap::new(),
        }
    }

    fn add(&mut self, bytes: Vec<u8>) {
        let is_deleted = false;
        self.messages.insert(self.next, Kept { bytes, is_deleted });
        self.next += 1;
    }
}

/// A server on loopback.
pub(crate) struct ImapServer {
    port: u16,
    is_encrypted: bool,
    /// Its certificate, in PEM form.
    pub(crate) certificate: String,
    account: Arc<Mutex<Account>>,
}

impl ImapServer {
    pub(crate) fn start(manners: Manners) -> Self {
        let signing = rcgen::KeyPair::generate().unwrap();
        let wish = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let signed = wish.self_signed(&signing).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing.serialize_der()));
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let folders = BTreeMap::from([("INBOX".to_owned(), Folder::new(7))]);
        let account = Arc::new(Mutex::new(Account {
            folders,
            heard: Vec::new(),
            manners,
            used: BTreeMap::new(),
        }));
        let shared = Arc::clone(&account);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, account) = (Arc::clone(&config), Arc::clone(&shared));
                thread::spawn(move || {
                    stream.set_nodelay(true)?;
                    if manners.is_encrypted {
                        let tls = ServerConnection::new(config).unwrap();
                        Serving::new(StreamOwned::new(tls, stream), account).serve()
                    } else {
                        Serving::new(stream, account).serve()
                    }
                });
            }
        });
        Self {
            port,
            is_encrypted: manners.is_encrypted,
            certificate: signed.pem(),
            account,
        }
    }

    /// The address of a mailbox of the user's.
    pub(crate) fn url(&self) -> String {
        let user = USER.replace('@', "%40");
        match self.is_encrypted {
            true => format!("imaps://{user}@localhost:{}/INBOX", self.port),
            false => format!("imap://{user}@127.0.0.1:{}/INBOX", self.port),
        }
    }

    /// Puts a message into INBOX.
    pub(crate) fn receive(&self, message: &str) {
        let bytes = message.replace('\n', "\r\n").into_bytes();
        let mut account = self.account.lock().unwrap();
        account.folders.get_mut("INBOX").unwrap().add(bytes);
    }

    /// The subjects, or else the Message-IDs, of what a mailbox has; none where there is no such mailbox.
    pub(crate) fn names(&self, folder: &str) -> Option<Vec<String>> {
        let account = self.account.lock().unwrap();
        let kept = account.folders.get(folder)?.messages.values();
        let name = |kept: &Kept| {
            let text = String::from_utf8_lossy(&kept.bytes).into_owned();
            let field = |name: &str| {
                let mut lines = text.lines();
                lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
            };
            let name = field("Subject: ").or_else(|| field("Message-ID: "));
            let mark = if kept.is_deleted { " (deleted)" } else { "" };
            name.unwrap_or_default() + mark
        };
        Some(kept.map(name).collect())
    }

    /// Every command, without its tag.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.account.lock().unwrap().heard.clone()
    }

    /// How often messages were fetched.
    pub(crate) fn fetched(&self) -> usize {
        let heard = self.heard();
        heard
            .iter()
            .filter(|line| line.starts_with("UID FETCH"))
            .count()
    }

    /// Gives INBOX new UIDs.
    pub(crate) fn renumber(&self) {
        let mut account = self.account.lock().unwrap();
        let old = account.folders.remove("INBOX").unwrap();
        let mut new = Folder::new(old.validity + 1);
        for kept in old.messages.into_values() {
            new.add(kept.bytes);
        }
        account.folders.insert("INBOX".to_owned(), new);
    }

    /// Changes what goes wrong from now on.
    pub(crate) fn slip(&self, slip: Option<(&'static str, usize, Slip)>) {
        let mut account = self.account.lock().unwrap();
        account.manners.slip = slip;
        account.used.clear();
    }
}
