//! Fuzzes the answers of an IMAP server, at the wire: the real client with a server that says anything.

use std::ops::RangeInclusive;
use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tidings::config::{ImapAccount, Mail};
use tidings::inside::imap::{Fetched, ImapSession};
use tidings::inside::verdict::Trouble;
use tokio::io::DuplexStream;

use crate::grammar::text;
use crate::peer::{Manners, Talk, Turn, read_dialogue, read_mail, talk};

/// One that fits in a quoted string, and one that needs a literal.
const PASSWORDS: [&str; 2] = ["correct-horse \"battery\"", "größer-horse-battery"];
const ACCOUNTS: [&str; 4] = [
    "imap://user@127.0.0.1/INBOX",
    "imap://user;AUTH=PLAIN@127.0.0.1/INBOX",
    "imap://user;AUTH=LOGIN@127.0.0.1/Zur%C3%BCck%22",
    "imap://user;AUTH=XOAUTH2@127.0.0.1/a%20b",
];
/// The limit on each command.
const LIMIT: Duration = Duration::from_secs(1);
/// The longest message that is fetched, in octets.
const MOST: usize = 2000;
/// The verbs of the client.
const VERBS: &[&str] = &[
    "CAPABILITY",
    "LOGIN",
    "AUTHENTICATE",
    "SELECT",
    "EXAMINE",
    "UID",
    "LIST",
    "CREATE",
    "SUBSCRIBE",
    "LOGOUT",
];
/// `TAG` stands for the tag of the command that is answered.
const WORDS: &[&str] = &[
    "TAG OK done\r\n",
    "TAG NO [TRYCREATE] no such mailbox\r\n",
    "TAG NO [AUTHENTICATIONFAILED] no\r\n",
    "TAG NO [UNAVAILABLE] later\r\n",
    "TAG BAD what\r\n",
    "TAG OK [READ-ONLY] done\r\n",
    "TAG OK [CAPABILITY IMAP4rev1 MOVE] done\r\n",
    "TAG NO correct-horse \"battery\"\r\n",
    "t9 OK done\r\n",
    "+ \r\n",
    "+ go on\r\n",
    "+\r\n",
    "* BYE now\r\n",
    "* OK [UIDVALIDITY 7] valid\r\n",
    "* OK [UIDNEXT 9] next\r\n",
    "* OK [UIDNEXT 4294967295] next\r\n",
    "TAG NO [correct-horse-battery] no\r\n",
    "* OK [UIDVALIDITY 99999999999] valid\r\n",
    "* OK [PERMANENTFLAGS (\\Deleted \\*)] ok\r\n",
    "* 3 EXISTS\r\n",
    "* 4294967295 EXPUNGE\r\n",
    "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR\r\n",
    "* CAPABILITY LOGINDISABLED\r\n",
    "* SEARCH 1 2 3\r\n",
    "* SEARCH 3 1 1 4294967295 0\r\n",
    "* SEARCH 1 1 1 1 1 1 1 1\r\n* SEARCH 1 1 1 1 1 1 1 1\r\n",
    "* SEARCH\r\n",
    "* LIST () \"/\" \"\"\r\n",
    "* LIST (\\Noselect) NIL tidings\r\n",
    "* LIST (\\HasNoChildren) \"\\\"\" \"INBOX.tidings\"\r\n",
    "* LIST () {2}\r\n\r\n x\r\n",
    "* LIST () {1}\r\n. {7}\r\ntidings\r\n",
    "* 1 FETCH (UID 1 BODY[]<0> {5}\r\nhello)\r\n",
    "* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n",
    "* 1 FETCH (BODY[]<0> \"hello\" UID 1)\r\n",
    "* 1 FETCH (FLAGS (\\Seen) UID 3 BODY[]<0> {3000}\r\n",
    "* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1))\r\n",
    "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n",
    "* STATUS x (MESSAGES 3)\r\n",
    "* VANISHED (EARLIER) 1:3\r\n",
    "* ID (\"name\" \"x\")\r\n",
    "TAG OK [COPYUID 7 1:3 4:6] moved\r\n",
    "TAG OK [BADCHARSET (a)] \u{1b}]0;owned\u{7}\r\n",
    "* ",
    "TAG ",
    "OK",
    " ",
    "[",
    "]",
    "(",
    ")",
    "{",
    "{3}\r\n",
    "{99999999999999999999}\r\n",
    "\"",
    "\\",
    "\r\n",
    "\n",
    "\r",
    "é",
    "1",
];

/// The settings, with each of the passwords.
static MAILS: LazyLock<[Mail; 2]> = LazyLock::new(|| {
    let inbox = "inbox = \"imap://user@127.0.0.1/INBOX\"";
    PASSWORDS.map(|password| read_mail(inbox, "TIDINGS_MAIL__INBOX_PASSWORD", password))
});

/// The ranges of UIDs that are searched: one that ends, and one that does not.
const RANGES: [RangeInclusive<u32>; 2] = [1..=50_000, 2..=u32::MAX];

/// The task of a session.
#[derive(Clone, Copy)]
struct Errand<'a> {
    account: &'a ImapAccount,
    password: &'static str,
    mail: &'a Mail,
    is_dry: bool,
}

/// A session ends in time whatever the server says. Nothing that the server says becomes a command, its words are one
/// line without the password, and nothing is taken that was not asked for.
pub(crate) fn imap(bytes: &[u8]) {
    let account: ImapAccount = ACCOUNTS[0].parse().expect("an account");
    if let Some(answers) = read_dialogue(bytes) {
        let mut answers = answers.into_iter();
        let greeting = answers.next().unwrap_or_default();
        let errand = Errand {
            account: &account,
            password: PASSWORDS[0],
            mail: &MAILS[0],
            is_dry: false,
        };
        return converse(Manners::USUAL, errand, &greeting, |_| answers.next());
    }
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let account: ImapAccount = u.choose(&ACCOUNTS)?.parse().expect("an account");
        let number = u.choose_index(PASSWORDS.len())?;
        let errand = Errand {
            account: &account,
            password: PASSWORDS[number],
            mail: &MAILS[number],
            is_dry: u.ratio(1, 8)?,
        };
        let manners = Manners::choose(u)?;
        let greeting = match u.int_in_range(0..=7)? {
            0 => text(u, WORDS)?,
            1 => "* PREAUTH welcome\r\n".to_owned(),
            _ => "* OK welcome\r\n".to_owned(),
        };
        let offers = *u.choose(&[
            "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR MOVE",
            "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 UIDPLUS",
            "IMAP4rev1",
        ])?;
        let mut answered = 0;
        let answer = |line: &str| {
            answered += 1;
            (answered < 64).then(|| say(u, line, offers).unwrap_or_default().into_bytes())
        };
        converse(manners, errand, greeting.as_bytes(), answer);
        Ok(())
    })();
}

/// The answer to a line: mostly as a server would say it, with anything before it now and then.
fn say(u: &mut Unstructured<'_>, line: &str, offers: &str) -> Result<String> {
    let usual = answer_as_usual(line, offers);
    Ok(match u.int_in_range(0..=15)? {
        0 => text(u, WORDS)?,
        1 => text(u, WORDS)? + &usual,
        2 => (*u.choose(WORDS)?).to_owned(),
        3..=6 => (*u.choose(WORDS)?).to_owned() + &usual,
        _ => usual,
    })
}

fn answer_as_usual(line: &str, offers: &str) -> String {
    let mut words = line.split(' ');
    let verb = words.nth(1).unwrap_or_default();
    let said = match (verb, words.next().unwrap_or_default()) {
        ("CAPABILITY", _) => format!("* CAPABILITY {offers}\r\n"),
        ("SELECT" | "EXAMINE", _) => "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n".to_owned(),
        ("UID", "SEARCH") => "* SEARCH 1 3\r\n".to_owned(),
        ("UID", "FETCH") => {
            let uid = words.next().unwrap_or_default();
            format!("* 1 FETCH (UID {uid} BODY[]<0> {{5}}\r\nhello)\r\n")
        }
        ("LIST", _) => "* LIST () \".\" \"\"\r\n".to_owned(),
        ("AUTHENTICATE", _) if line.split(' ').count() < 4 => return "+ \r\n".to_owned(),
        _ if line.ends_with('}') => return "+ go on\r\n".to_owned(),
        _ => String::new(),
    };
    said + "TAG OK done\r\n"
}

fn converse(
    manners: Manners,
    errand: Errand<'_>,
    greeting: &[u8],
    mut answer: impl FnMut(&str) -> Option<Vec<u8>>,
) {
    let mut tag = "t0".to_owned();
    let turn = |rest: &[u8]| {
        let Some(at) = rest.windows(2).position(|octets| octets == b"\r\n") else {
            return Turn::Wait;
        };
        let line = String::from_utf8_lossy(&rest[..at]);
        if let Some((first, _)) = line.split_once(' ').filter(|_| is_command(&line)) {
            first.clone_into(&mut tag);
        }
        match answer(&line) {
            Some(reply) => Turn::Say(at + 2, replace_tag(&reply, &tag)),
            None => Turn::End,
        }
    };
    let client = async |stream| {
        if let Err(Trouble::Relay(words) | Trouble::Us(words)) = read_box(errand, stream).await {
            check_words(&words, errand);
        }
    };
    let Talk { heard, time, .. } = talk(manners, greeting, turn, client);
    let commands = check_commands(&String::from_utf8_lossy(&heard));
    // The greeting, each command, and the last one, which the server may not have heard.
    let most = LIMIT * (commands + 2);
    assert!(time <= most, "{commands} commands took {time:?}");
}

fn replace_tag(reply: &[u8], tag: &str) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(reply.len());
    let mut rest = reply;
    while let Some(at) = rest.windows(3).position(|octets| octets == b"TAG") {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(tag.as_bytes());
        rest = &rest[at + 3..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Reads the mailbox as a run does: searches, fetches what was found, and moves it.
async fn read_box(errand: Errand<'_>, stream: DuplexStream) -> std::result::Result<(), Trouble> {
    let Errand {
        account,
        mail,
        is_dry,
        ..
    } = errand;
    let mut session = ImapSession::open_over(Box::new(stream), account, mail, MOST).await?;
    session.select(account, is_dry).await?;
    for range in RANGES {
        let found = session.search(range.clone()).await?;
        assert!(found.is_sorted_by(|one, next| one < next), "{found:?}");
        assert!(found.iter().all(|uid| range.contains(uid)), "{found:?}");
        let found = &found[..found.len().min(3)];
        for uid in found {
            match session.fetch(*uid, MOST).await? {
                Fetched::Message(message) => assert!(message.len() <= MOST),
                Fetched::Refused(words) => check_words(&words, errand),
                Fetched::Gone => {}
            }
        }
        if !is_dry {
            session.put_away(found, "Zurück").await?;
        }
    }
    session.close().await;
    Ok(())
}

fn is_command(line: &str) -> bool {
    let mut words = line.split(' ');
    let tag = words.next().and_then(|tag| tag.strip_prefix('t'));
    let is_tagged = tag.is_some_and(|number| number.parse::<u32>().is_ok());
    is_tagged && words.next().is_some_and(|verb| VERBS.contains(&verb))
}

/// Checks that the client said nothing but commands of its own and its credentials. Returns how many commands it gave.
fn check_commands(heard: &str) -> u32 {
    let lines: Vec<&str> = heard.split("\r\n").collect();
    // The last line was cut where the connection ended.
    let lines = &lines[..lines.len() - 1];
    let mut commands = 0;
    for line in lines {
        if is_command(line) {
            commands += 1;
            assert!(line.starts_with(&format!("t{commands} ")), "{line:?}");
            assert!(!line.contains(char::is_control), "{line:?}");
            let quotes = line.replace(r"\\", "").replace(r#"\""#, "");
            assert_eq!(quotes.matches('"').count() % 2, 0, "{line:?}");
        } else {
            let is_credential = PASSWORDS.iter().any(|password| {
                let encoded = [
                    format!("\0user\0{password}"),
                    format!("user=user\x01auth=Bearer {password}\x01\x01"),
                ];
                let is_encoded = encoded.iter().any(|token| STANDARD.encode(token) == *line);
                is_encoded || line == password || *line == format!("user {{{}}}", password.len())
            });
            assert!(is_credential || line.is_empty(), "{line:?}");
        }
    }
    commands
}

fn check_words(words: &str, errand: Errand<'_>) {
    assert!(
        !words.contains(char::is_control) && words.chars().count() <= 400,
        "{words:?}"
    );
    let is_told = words.contains(errand.password);
    assert!(!is_told, "the password is told: {words:?}");
}
