//! Fuzzes the answers of a relay, at the wire: the real client with a relay that says anything.

use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tidings::config::{Mail, Relay, Tls};
use tidings::inside::message::Envelope;
use tidings::inside::reader::Email;
use tidings::inside::smtp::Dialer;
use tidings::inside::verdict::{Attempt, JudgedReply, Trouble};

use tokio::io::DuplexStream;

use crate::grammar::text;
use crate::peer::{Manners, Talk, Turn, read_dialogue, read_mail, talk};

const PASSWORD: &str = "correct-horse-battery";
/// Base64 of the answer to AUTH PLAIN, from the password on; no words may repeat it.
const ENCODED: &str = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5";
/// The longest time of a dialogue: each of its steps has a limit of one second.
const LONGEST: Duration = Duration::from_secs(100);
const WORDS: &[&str] = &[
    "250 ok\r\n",
    "250-x\r\n250 ok\r\n",
    "250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n250-SIZE 1000\r\n250 8BITMIME\r\n",
    "250-SMTPUTF8\r\n250-size\r\n250 AUTH=PLAIN\r\n",
    "235 2.7.0 ok\r\n",
    "334 \r\n",
    "354 go\r\n",
    "354-go\r\n",
    "221 bye\r\n",
    "421 4.3.2 later\r\n",
    "450 4.2.1 busy\r\n",
    "503 5.5.1 out of step\r\n",
    "550 5.1.1 unknown\r\n",
    "554 5.7.1 AHVzZXIAY29ycmVjdC1ob3JzZS1iYXR0ZXJ5\r\n",
    "535 correct-horse-battery\r\n",
    "\u{1b}]0;owned\u{7}",
    "250",
    "-",
    "\r\n",
    "\n",
    "\r",
    "\0",
    "a",
];

/// The settings, with the password.
static MAIL: LazyLock<Mail> =
    LazyLock::new(|| read_mail("user = \"user\"", "TIDINGS_MAIL__PASSWORD", PASSWORD));

fn check_words(words: &str) {
    assert!(
        !words.contains(char::is_control) && words.chars().count() <= 400,
        "{words:?}"
    );
    assert!(
        !words.contains(PASSWORD) && !words.contains(ENCODED),
        "the password is told: {words:?}"
    );
}

/// Sends up to three messages over one connection; what came of each.
async fn speak(
    dialer: &Dialer,
    stream: DuplexStream,
    messages: &[Vec<u8>],
    recipient: &Email,
) -> Vec<Attempt> {
    let mut connection = match dialer.open_over(Box::new(stream)).await {
        Ok(connection) => connection,
        Err(Trouble::Relay(words) | Trouble::Us(words)) => {
            check_words(&words);
            return Vec::new();
        }
    };
    let envelope = |message| Envelope {
        sender: "news@x.example".into(),
        recipient,
        message,
    };
    let mut attempts = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let attempt = match connection.announce(envelope(message)).await {
            Ok(()) => {
                let next = messages.get(number + 1).map(|next| envelope(next));
                connection.send_body(message.clone(), next).await
            }
            Err(attempt) => attempt,
        };
        attempts.push(attempt);
        if !connection.is_usable() {
            return attempts;
        }
    }
    connection.quit().await;
    attempts
}

/// Decides the relay's next step: it answers a command, or a body once it asked for one.
fn answer_next(
    rest: &[u8],
    is_body: &mut bool,
    replies: &mut impl Iterator<Item = Vec<u8>>,
) -> Turn {
    let end: &[u8] = if *is_body { b"\r\n.\r\n" } else { b"\r\n" };
    let Some(at) = rest.windows(end.len()).position(|octets| octets == end) else {
        return Turn::Wait;
    };
    let is_data = !*is_body && rest.starts_with(b"DATA");
    let Some(reply) = replies.next() else {
        return Turn::End;
    };
    *is_body = is_data && reply.starts_with(b"354");
    Turn::Say(at + end.len(), reply)
}

/// A dialogue ends whatever the relay says; its words are one line without the password; and a message counts as taken
/// only if all of it went out, as safe to repeat only if it did not.
pub(crate) fn dialogue(bytes: &[u8]) {
    if let Some(replies) = read_dialogue(bytes) {
        return converse(Manners::USUAL, replies, &compose(2));
    }
    let _ = (|| -> Result<()> {
        let u = &mut Unstructured::new(bytes);
        let mut replies = vec![b"220 x ESMTP\r\n".to_vec()];
        let is_polite = u.ratio(7, 8)?;
        if is_polite {
            replies.push(u.choose(&WORDS[1..4])?.as_bytes().to_vec());
        }
        for _ in 0..u.int_in_range(0..=24)? {
            let usual = *u.choose(&["250 ok\r\n", "354 go\r\n", "235 ok\r\n"])?;
            let reply = match u.int_in_range(0..=7)? {
                0 => text(u, WORDS)?,
                1..=3 => (*u.choose(WORDS)?).to_owned(),
                _ => usual.to_owned(),
            };
            replies.push(reply.into_bytes());
        }
        let messages = compose(u.int_in_range(1..=3)?);
        converse(Manners::choose(u)?, replies, &messages);
        Ok(())
    })();
}

fn compose(messages: usize) -> Vec<Vec<u8>> {
    (0..messages)
        .map(|number| format!("Subject: {number}\r\n\r\n.body {number}\r\n").into_bytes())
        .collect()
}

fn converse(manners: Manners, replies: Vec<Vec<u8>>, messages: &[Vec<u8>]) {
    // The pipe stands for loopback, where a password may be sent in clear.
    let relay = Relay {
        host: "127.0.0.1".to_owned(),
        port: 25,
        tls: Tls::None,
    };
    let dialer =
        Dialer::for_sender(&relay, &MAIL, "news@x.example").expect("no certificate is read");
    let recipient: Email = "a@x.example".parse().expect("an address");
    let mut replies = replies.into_iter();
    let greeting = replies.next().unwrap_or_default();
    let mut is_body = false;
    let turn = |rest: &[u8]| answer_next(rest, &mut is_body, &mut replies);
    let client = async |stream| speak(&dialer, stream, messages, &recipient).await;
    let Talk {
        result: attempts,
        heard,
        time,
    } = talk(manners, &greeting, turn, client);
    assert!(time <= LONGEST, "it took {time:?}");
    for (number, attempt) in attempts.iter().enumerate() {
        check_attempt(number, attempt, &heard);
    }
}

fn check_attempt(number: usize, attempt: &Attempt, heard: &[u8]) {
    let whole = format!("\r\n\r\n..body {number}\r\n.\r\n");
    let is_out = heard
        .windows(whole.len())
        .any(|octets| octets == whole.as_bytes());
    match attempt {
        Attempt::Accepted(words) => {
            check_words(words);
            assert!(is_out, "{number} is taken, and was not sent");
        }
        Attempt::NotAccepted(JudgedReply { words, .. }) => check_words(words),
        Attempt::Lost(_, trouble) => {
            check_words(&trouble.to_string());
            assert!(!is_out, "{number} may be repeated, and was sent: {trouble}");
        }
        Attempt::OutOfStep(trouble) | Attempt::Unknown(trouble) => {
            check_words(&trouble.to_string());
        }
    }
}
