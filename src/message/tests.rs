//! Messages of odd texts and odd people, read back by another parser.

use mail_parser::{MessageParser, MimeHeaders};

use super::{Compiled, FORM, Part, Piece};
use crate::digest::{ADDRESS, Draft, LEAVE, MARKS, NAME};
use crate::message::body_hash::SharedBody;
use crate::reader::Reader;
use crate::token::{Claim, Key, Purpose};

fn compiled(subject: &str) -> Compiled {
    let mut pieces = vec![
        Piece::Fixed(super::header::write_mailbox("From", Some("Grüße"), "news@hums.example")),
        Piece::To,
        Piece::Subject,
        Piece::Date,
        Piece::MessageId,
        Piece::ListUnsubscribe,
        Piece::Fixed(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".to_owned(),
        ),
    ];
    let text = format!(
        "Hello {NAME},\n.hidden {} = \n{ADDRESS}\n{LEAVE}\n",
        "é".repeat(300)
    );
    super::split_at_slots(&text, Part::Text, &mut pieces);
    Compiled {
        form: FORM,
        issue: 7.into(),
        sender: "news@hums.example".to_owned(),
        leave: "mailto:news@hums.example".to_owned(),
        preferences_page: None,
        leave_page: None,
        verp: false,
        tagged: false,
        confirm: None,
        domain: "hums.example".to_owned(),
        anonymous: "there".to_owned(),
        subject: subject.to_owned(),
        pieces,
        signer: None,
        shared: SharedBody::default(),
    }
}

fn fill(compiled: &Compiled, name: Option<&str>) -> String {
    let email = "ada@x.example".parse().unwrap();
    let reader = Reader {
        id: 42.into(),
        email,
        name: name.map(str::to_owned),
        language: None,
    };
    let key = Key::from_text(1.into(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    String::from_utf8(compiled.fill(&reader, chrono::DateTime::UNIX_EPOCH, &key)).unwrap()
}

#[test]
fn a_slot_is_filled_in_the_subject_and_in_the_text_and_nothing_is_injected() {
    for (name, shown) in [
        (None, "there"),
        (Some(""), "there"),
        (Some("Ada"), "Ada"),
        (
            Some("O'Neil, \"Ada\"\r\nBcc: x@y.example 🍵"),
            "O'Neil, \"Ada\" Bcc: x@y.example 🍵",
        ),
        (Some(".a=b"), ".a=b"),
    ] {
        let message = fill(&compiled(&format!("For {NAME}: tea")), name);
        assert!(
            message
                .lines()
                .all(|line| line.len() <= 998 && !line.starts_with('.')),
            "{message}"
        );
        assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
        let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
        assert!(parsed.bcc().is_none());
        assert_eq!(parsed.subject().unwrap(), format!("For {shown}: tea"));
        let text = parsed.body_text(0).unwrap();
        let expected = format!(
            "Hello {shown},\r\n.hidden {} = \r\nada@x.example\r\nmailto:news@",
            "é".repeat(300)
        );
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(parsed.content_type().unwrap().subtype(), Some("plain"));
        assert!(parsed.message_id().unwrap().ends_with("@hums.example"));
    }
}

#[test]
fn the_subject_that_is_shown_is_the_subject_that_is_sent_whatever_of_a_reader_stands_in_it() {
    let key = Key::from_text(1.into(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    for (subject, sent, listed) in [
        ("Tea", "Tea", "Tea"),
        (&format!("{NAME}: tea"), "Ada: tea", "there: tea"),
        (&format!("For {ADDRESS}"), "For ada@x.example", "For there"),
        (
            &format!("Leave {LEAVE}"),
            "Leave mailto:news@hums.example?subject=unsubscribe",
            "Leave ",
        ),
    ] {
        let compiled = compiled(subject);
        let message = fill(&compiled, Some("Ada"));
        let read = MessageParser::default()
            .parse(message.as_bytes())
            .unwrap()
            .subject()
            .unwrap()
            .to_owned();
        assert!(read.starts_with(sent) && !read.contains(MARKS), "{read}");
        let reader = Reader {
            id: 42.into(),
            email: "ada@x.example".parse().unwrap(),
            name: Some("Ada".into()),
            language: None,
        };
        let draft = Draft {
            subject: subject.to_owned(),
            html: String::new(),
            text: String::new(),
        };
        assert_eq!(compiled.read_by(&draft, &reader, &key).subject, read);
        assert_eq!(compiled.subject(), listed);
    }
}

#[test]
fn a_kept_message_fills_to_the_same_bytes() {
    let one = compiled("Tea");
    let kept = Compiled::from_text(&one.to_text()).unwrap();
    assert_eq!(fill(&kept, None), fill(&one, None));
    assert_eq!(kept, one);
}

#[test]
fn a_message_id_is_a_token_by_which_a_returned_mail_is_known() {
    let key = Key::from_text(1.into(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let id_of = |compiled: &Compiled, key: &Key| compiled.make_message_id(42.into(), key);
    let claim = Claim {
        purpose: Purpose::Bounce,
        reader: 42.into(),
        issue: 7.into(),
    };
    let id = id_of(&compiled("Tea"), &key);
    let keys = [key.clone()];
    assert_eq!(Claim::verify(&id, Purpose::Bounce, &keys), Some(claim));
    for purpose in [Purpose::Leave, Purpose::Confirm, Purpose::Preferences] {
        assert_eq!(Claim::verify(&id, purpose, &keys), None, "{purpose:?}");
    }
    // The number of this key has no room in the short form.
    let large = Key::from_text(70_000.into(), &key.to_text()).unwrap();
    let id = id_of(&compiled("Tea"), &large);
    assert_eq!(Claim::verify(&id, Purpose::Bounce, &[large]), Some(claim));
}

#[test]
fn a_second_copy_of_a_mail_of_an_earlier_version_keeps_its_message_id() {
    let earlier = compiled("Tea")
        .to_text()
        .replace("{\"form\":6,", "{\"form\":5,");
    let message = fill(&Compiled::from_text(&earlier).unwrap(), None);
    let id = "Message-ID: <6fb44d7d504d375b683a4d47a257dfc8@hums.example>\r\n";
    assert!(message.contains(id), "{message}");
}

#[test]
fn an_issue_that_another_version_froze_is_refused_in_words() {
    for (text, words) in [
        (
            "{\"issue\":7,\"from\":[null,\"a@x.example\"]}",
            "another version of tidings (form 0",
        ),
        ("{\"form\":7}", "another version of tidings (form 7"),
        ("{\"form\":6}", "cannot be read"),
        ("{\"form\":5}", "cannot be read"),
        ("{\"form\":4}", "cannot be read"),
        ("{\"form\":3}", "cannot be read"),
        ("{\"form\":2}", "cannot be read"),
        ("{\"form\":1}", "another version of tidings (form 1"),
        ("", "cannot be read"),
    ] {
        assert!(
            Compiled::from_text(text)
                .unwrap_err()
                .to_string()
                .contains(words),
            "{text}"
        );
    }
}
