//! Tests which answers of a server are accepted.

use std::time::Duration;

use imap_proto::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::dialogue::{Completion, Dialogue};
use super::wire::ImapWire;
use crate::login::Secrets;
use crate::verdict::Trouble;

/// The most octets of a literal here.
const MOST: usize = 1000;

fn dialogue() -> (Dialogue, DuplexStream) {
    let (ours, theirs) = duplex(1 << 16);
    let wire = ImapWire::new(Box::new(ours), MOST);
    let limit = Duration::from_mins(1);
    (Dialogue::new(wire, Secrets::default(), limit), theirs)
}

/// Returns the result of a command that the server answers with `answer`, then `forever` again and again.
async fn ask(answer: &[u8], forever: &[u8]) -> Result<(Completion, Vec<String>), Trouble> {
    let (mut dialogue, mut theirs) = dialogue();
    let (answer, forever) = (answer.to_vec(), forever.to_vec());
    let server = tokio::spawn(async move {
        let mut heard = [0; 100];
        let _ = theirs.read(&mut heard).await;
        let _ = theirs.write_all(&answer).await;
        while !forever.is_empty() && theirs.write_all(&forever).await.is_ok() {}
        tokio::time::sleep(Duration::from_hours(1)).await;
    });
    let mut said = Vec::new();
    let take = |response: &Response<'_>| said.push(format!("{response:?}"));
    let asked = dialogue.send_command("NOOP", take).await;
    server.abort();
    asked.map(|completion| (completion, said))
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_read_whatever_else_is_said() {
    for (answer, is_ok, words, said) in [
        ("t1 OK done\r\n", true, "done", 0),
        ("t1 OK\r\n", true, "", 0),
        ("t1 OK done\n", true, "done", 0),
        (
            "t1 NO [OVERQUOTA] full {5}\r\n",
            false,
            "[OVERQUOTA] full {5}",
            0,
        ),
        (
            "t1 BAD what ((((((((((((((\r\n",
            false,
            "what ((((((((((((((",
            0,
        ),
        (
            "* 3 EXISTS\r\n* SEARCH 1 2 3\r\nt1 OK done\r\n",
            true,
            "done",
            2,
        ),
        ("* XSOMETHING (a b)\r\nt1 OK done\r\n", true, "done", 0),
        (
            "* 1 FETCH (UID 5 BODY[]<0> {3}\r\na\r\n)\r\nt1 OK done\r\n",
            true,
            "done",
            1,
        ),
        (
            "* 1 FETCH (UID 5 BODY[] \"\")\r\nt1 OK done\r\n",
            true,
            "done",
            1,
        ),
        (
            "* 1 FETCH (UID 5 BODY[] NIL)\r\nt1 OK done\r\n",
            true,
            "done",
            1,
        ),
        // The text behind a code is cut by octets.
        ("t1 OK [ALERT]é\r\n", true, "?", 0),
        ("* OK [ALERT]日本\r\nt1 OK [ALERT] é\r\n", true, "??", 1),
        (
            "* SEARCH\0\r\nt1 OK d\u{1b}[31mone\r\n",
            true,
            "d?[31mone",
            0,
        ),
    ] {
        let (completion, all) = ask(answer.as_bytes(), b"").await.unwrap();
        assert_eq!(completion.is_ok, is_ok, "{answer}");
        assert_eq!(completion.words, words, "{answer}");
        assert_eq!(all.len(), said, "{answer}: {all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_kept_only_if_it_is_a_known_one() {
    for (said, code) in [
        ("[AUTHENTICATIONFAILED] no", Some("AUTHENTICATIONFAILED")),
        ("[Unavailable] later", Some("UNAVAILABLE")),
        ("[LIMIT 3] later", Some("LIMIT")),
        ("[hunter2-secret] no", None),
        ("[AGFkYQBodW50ZXIyLXNlY3JldA==] no", None),
        ("[LIMIT-hunter2] no", None),
        ("[ALERT] hunter2", None),
        ("[hunter2", None),
        ("[] no", None),
        ("no", None),
    ] {
        let answer = format!("t1 NO {said}\r\n");
        let (completion, _) = ask(answer.as_bytes(), b"").await.unwrap();
        assert_eq!(completion.code, code, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_or_measure_ends_the_connection() {
    let deep = "(".repeat(100_000);
    let again = format!("* SEARCH{}\r\n", " 7".repeat(100_000));
    let offers = format!("* CAPABILITY IMAP4rev1{}\r\n", " X".repeat(100_000));
    for (answer, forever, why) in [
        ("", "x", "too long"),
        ("* ", "1 ", "too long"),
        ("", "* 1 EXISTS\r\n", "no end"),
        ("", &again, "no end"),
        ("", &offers, "no end"),
        ("* 1 FETCH (BODY[] {0}\r\n", "{0}\r\n", "too long"),
        (
            "* 1 FETCH (BODY[] {1001}\r\n",
            "x",
            "more than it was asked for",
        ),
        (
            "* 1 FETCH (BODY[] {600}\r\n",
            "x{600}\r\n",
            "more than it was asked for",
        ),
        (
            "* 1 FETCH (BODY[] {4294967296}\r\n",
            "",
            "more than it was asked for",
        ),
        (
            "* 1 FETCH (BODY[] {99999999999999999999}\r\n",
            "",
            "length that is none",
        ),
        ("* 1 FETCH (BODY[] {-1}\r\n", "", "length that is none"),
        ("* 1 FETCH (BODY[] {}\r\n", "", "length that is none"),
        ("* 1 FETCH (BODY[] {1e3}\r\n", "", "length that is none"),
        (
            "* 1 FETCH (BODYSTRUCTURE ((((((((((",
            "\r\n",
            "lists in lists",
        ),
        ("", "+ go on\r\n", "speaks no IMAP"),
        ("", "\r\n", "speaks no IMAP"),
        ("", "220 relay.example ESMTP\r\n", "speaks no IMAP"),
        ("", "HTTP/1.1 400 Bad Request\r\n", "speaks no IMAP"),
        ("t2 OK done\r\n", "", "was not asked"),
        (
            "* BYE \x1b]0;x\x07 now\r\n",
            "",
            "ends the connection: ?]0;x? now",
        ),
        ("", "", "took too long"),
        ("* 1 FETCH (BODY[] {600}\r\nxxx", "", "took too long"),
    ] {
        let error = ask(answer.as_bytes(), forever.as_bytes())
            .await
            .unwrap_err();
        let Trouble::Relay(words) = &error else {
            panic!("{answer}: {error:?}");
        };
        assert!(words.contains(why), "{answer} {forever}: {words}");
    }
    let error = ask(format!("* LIST {deep}\r\n").as_bytes(), b"")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("lists in lists"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_bytes_at_all_bring_the_dialogue_down() {
    // A small generator of its own: the same bytes every time.
    let mut state = 7_u64;
    let mut random = move |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let parts: &[&[u8]] = &[
        b"* ",
        b"t1 ",
        b"OK",
        b"NO",
        b" ",
        b"[",
        b"]",
        b"[CAPABILITY ",
        b"[PERMANENTFLAGS (",
        b"FETCH (",
        b"UID 1 ",
        b"BODY[]",
        b"<0>",
        b"{",
        b"3",
        b"}",
        b"\r\n",
        b"\n",
        b"\r",
        b"\"",
        b"\\",
        b"\xff",
        b"\0",
        b")",
        b"(",
        b"LIST ",
        b"SEARCH",
        b"1",
        b"99999999999",
        b"NIL",
        b"BODYSTRUCTURE (",
        b"ENVELOPE (",
        b"+",
        b"+ ",
        b"*",
        b"STATUS x (",
        b"[COPYUID 1 2:3 4",
        b"[BADCHARSET (",
        b"VANISHED (EARLIER) 1:3",
        b"ID (",
        b"ACL ",
        b"QUOTA \"\" (",
        b"FLAGS (",
    ];
    for _ in 0..3000 {
        let mut bytes = Vec::new();
        for _ in 0..random(40) {
            bytes.extend_from_slice(parts[random(parts.len())]);
        }
        bytes.extend_from_slice(b"\r\nt1 OK done\r\n");
        let _ = ask(&bytes, b"").await;
    }
}
