//! The lock as a file: what people and git make of it.

use super::super::{Changes, Lock};
use super::{Assign, knowing, post};

#[test]
fn whatever_a_post_is_called_the_lock_can_be_read_again() {
    for path in [
        "=======x.md",
        "<<<<<<< ours.md",
        "#feed",
        "#digest.md",
        "\u{feff}.md",
        " .md",
    ] {
        let (lock, ids) = knowing(&[post(path, "a\tb\nc")]);
        assert_eq!(
            lock.clone().name("h", &[post(path, "a\tb\nc")]),
            ids,
            "{path:?}"
        );
    }
    let (mut lock, _) = knowing(&[post("a.md", "Tea")]);
    assert!(lock.adopt("a.md", "old\tid\n"));
    assert_eq!(
        Lock::parse(&lock.to_text()).unwrap().to_text(),
        lock.to_text()
    );
}

#[test]
fn two_branches_that_git_put_together_line_by_line_are_one_lock() {
    let (ours, _) = knowing(&[post("a.md", "Tea"), post("b.md", "Ours")]);
    let (theirs, _) = knowing(&[post("a.md", "Tea"), post("c.md", "Theirs")]);
    for joined in [
        ours.to_text() + &theirs.to_text(),
        theirs.to_text().replace('\n', "\r\n") + &ours.to_text(),
    ] {
        let lock = Lock::parse(&joined).unwrap();
        assert_eq!(lock.to_text().lines().count(), 4, "{}", lock.to_text());
    }
}

#[test]
fn a_broken_lock_is_an_error_and_no_reset() {
    for (text, words) in [
        ("h\n<<<<<<< ours\n", "conflict marker"),
        ("h\n||||||| base\n", "conflict marker"),
        ("h\n=======\n", "conflict marker"),
        ("", "empty"),
        ("\u{feff}", "empty"),
        ("h\na.md\tp\tt\tid", "cut short"),
        ("\n", "no host"),
        ("a.md\tp\tt\tid\n", "no host"),
        ("h\na.md\tx\n", "no line of a lock"),
        ("h\nother.example\n", "no line of a lock"),
        ("h\na.md\tp\tt\tid1\na.md\tp\tt\tid2\n", "two ids"),
        ("h\n#feed\t/\tid1\n#feed\t/\tid2\n", "two ids"),
    ] {
        assert!(
            Lock::parse(text).unwrap_err().to_string().contains(words),
            "{text}"
        );
    }
}

#[test]
fn a_lock_from_a_system_that_takes_accents_apart_knows_the_same_posts() {
    let (lock, ids) = knowing(&[post("caf\u{e9}/th\u{e9}.md", "Th\u{e9}"), post("b.md", "B")]);
    let apart = lock.to_text().replace('\u{e9}', "e\u{301}");
    let mut other = Lock::parse(&apart).unwrap();
    assert_eq!(
        other.name(
            "h",
            &[post("caf\u{e9}/th\u{e9}.md", "Th\u{e9}"), post("b.md", "B")]
        ),
        ids
    );
    assert_eq!(other.changes(), &Changes::default());
    // A tombstone from one form to the other says nothing.
    let both = format!(
        "{}caf\u{e9}/th\u{e9}.md\tmoved\tcafe\u{301}/the\u{301}.md\t{}\n",
        apart, ids[0]
    );
    let mut both = Lock::parse(&both).unwrap();
    assert_eq!(
        both.name(
            "h",
            &[
                post("caf\u{e9}/th\u{e9}.md", "New title"),
                post("b.md", "B")
            ]
        ),
        ids
    );
    assert_eq!(both.to_text().lines().count(), 3, "{}", both.to_text());
    // An id is compared sign by sign, so it keeps its form.
    let kept = "h\na.md\t2024-03-18T00:00:00Z\tTe\u{301}a\ttag:x,2020:te\u{301}a\n";
    assert!(
        Lock::parse(kept)
            .unwrap()
            .to_text()
            .contains("\tT\u{e9}a\ttag:x,2020:te\u{301}a")
    );
}

#[test]
fn a_line_with_a_character_that_no_feed_may_hold_is_refused() {
    let good = "a.md\t2024-03-18T00:00:00Z\tTea\ttag:x.example,2024:a";
    assert!(Lock::parse(&format!("x.example\r\n{good}\r\n")).is_ok());
    for bad in ["\u{1}", "\u{1b}[2J", "\u{7f}", "\0", "\u{fffe}"] {
        for line in [format!("{good}{bad}"), format!("#feed\t/\tx{bad}")] {
            if bad == "\u{fffe}" && line.starts_with('#') {
                continue;
            }
            let error = Lock::parse(&format!("x.example\n\n{line}\n")).unwrap_err();
            let said = error.in_file("tidings.lock").to_string();
            assert!(
                said.starts_with("tidings.lock:3: the line holds a character that no feed"),
                "{said}"
            );
        }
    }
}
