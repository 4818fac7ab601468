//! `tidings check` asks DNS: what a sound domain has, each thing that can be wrong with it, and servers that do not answer.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::dns_server::{Manner, NameServer, Record, text};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, Scene};

const NOON: &str = "2024-06-01T12:00:00Z";

/// A site that signs, and what DNS must say of its key.
fn scene() -> (Scene, String) {
    let keyed = format!("{CONFIG}dkim = {{ selector = \"t1\", key = \"dkim.pem\" }}\n");
    let scene = Scene::new()
        .post("tea.md", "Tea", "2024-05-01")
        .file("config.toml", &keyed);
    scene
        .run(&["dkim", "new", "--ed25519", "--selector", "t1", "dkim.pem"])
        .succeeds();
    let shown = scene.run(&["dkim", "show"]).out;
    let strings: Vec<&str> = shown.split('"').skip(1).step_by(2).collect();
    (scene, strings.concat())
}

type Zone = Vec<(String, Record)>;

fn sound(key: &str) -> Zone {
    let exchange = Record::Exchange(10, "mx.hums.example".into());
    [
        (
            "hums.example",
            text("v=spf1 mx include:_spf.relay.example -all"),
        ),
        ("hums.example", text("some-site-verification=x")),
        ("hums.example", exchange),
        ("mx.hums.example", Record::Address([192, 0, 2, 1])),
        ("_spf.relay.example", text("v=spf1 ip4:192.0.2.0/24 -all")),
        ("t1._domainkey.hums.example", text(key)),
        (
            "_dmarc.hums.example",
            text("v=DMARC1; p=reject; rua=mailto:d@hums.example"),
        ),
    ]
    .map(|(name, record)| (name.to_owned(), record))
    .into()
}

/// Without the records of a name, or with others.
fn with(zone: &Zone, name: &str, records: &[Record]) -> Zone {
    let mut zone = zone.clone();
    zone.retain(|(known, _)| known != name);
    zone.extend(
        records
            .iter()
            .map(|record| (name.to_owned(), record.clone())),
    );
    zone
}

/// The exit code and what is said of this zone.
fn check(scene: &Scene, server: &NameServer, more: &[(&str, &str)]) -> (i32, String) {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let url = relay.url();
    let set = [&[("TIDINGS_MAIL__SMTP", &*url)], more].concat();
    let address = server.address.to_string();
    let ran = scene.run_with(&["--at", NOON, "check", "--dns", &address], &set);
    (ran.code, ran.out)
}

#[test]
fn a_sound_domain_has_no_fault() {
    let (scene, key) = scene();
    let server = NameServer::start(Manner::Good, sound(&key));
    assert_eq!(check(&scene, &server, &[]), (0, String::new()));
    assert_eq!(server.over_tcp(), 0);
    // Everything over TCP, since nothing fits into a datagram.
    let server = NameServer::start(Manner::Cut, sound(&key));
    assert_eq!(check(&scene, &server, &[]), (0, String::new()));
    assert!(server.over_tcp() >= 7);
    // A long record alone is cut, and its strings are one text.
    let note = "x".repeat(700);
    let long = with(
        &sound(&key),
        "t1._domainkey.hums.example",
        &[text(&format!(
            "v=DKIM1; n={note}; {}",
            key.replace("v=DKIM1; ", "")
        ))],
    );
    let server = NameServer::start(Manner::Good, long);
    assert_eq!(check(&scene, &server, &[]), (0, String::new()));
    assert_eq!(server.over_tcp(), 1);
    // Names that lead to others, in one answer.
    let mut aliased = with(
        &sound(&key),
        "t1._domainkey.hums.example",
        &[Record::Alias("t1.keys.relay.example".into())],
    );
    aliased.push(("t1.keys.relay.example".into(), text(&key)));
    let server = NameServer::start(Manner::Good, aliased);
    assert_eq!(check(&scene, &server, &[]), (0, String::new()));
}

#[test]
fn each_fault_of_a_domain_is_found() {
    let (scene, key) = scene();
    let sound = sound(&key);
    let spf = |words: &str| {
        let exchange = Record::Exchange(10, "mx.hums.example".into());
        with(&sound, "hums.example", &[text(words), exchange])
    };
    let dmarc = |words: &str| with(&sound, "_dmarc.hums.example", &[text(words)]);
    let dkim = |records: &[Record]| with(&sound, "t1._domainkey.hums.example", records);
    let exchange = |host: &str| {
        let records = [text("v=spf1 -all"), Record::Exchange(0, host.into())];
        with(&sound, "hums.example", &records)
    };
    let other_key = "v=DKIM1; k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let many: Vec<String> = (0..11).map(|n| format!("a:h{n}.hums.example")).collect();
    let deep = |n: usize| text(&format!("v=spf1 include:s{}.relay.example -all", n + 1));
    let mut nested = spf("v=spf1 include:s0.relay.example -all");
    nested.extend((0..12).map(|n| (format!("s{n}.relay.example"), deep(n))));
    let mut circle = with(
        &sound,
        "t1._domainkey.hums.example",
        &[Record::Alias("b.example".into())],
    );
    circle.push((
        "b.example".into(),
        Record::Alias("t1._domainkey.hums.example".into()),
    ));
    for (zone, code, name, words) in [
        (
            with(
                &sound,
                "hums.example",
                &[Record::Exchange(1, "mx.hums.example".into())],
            ),
            1,
            "spf",
            "has no SPF record",
        ),
        (
            with(
                &sound,
                "hums.example",
                &[
                    text("v=spf1 -all"),
                    text("v=spf1 mx -all"),
                    Record::Exchange(1, "mx.hums.example".into()),
                ],
            ),
            2,
            "spf",
            "has 2 SPF records",
        ),
        (
            spf("v=spf1 ipv4:192.0.2.1 -all"),
            2,
            "spf",
            "`ipv4:192.0.2.1` is no term of SPF",
        ),
        (
            spf("v=spf1 include:none.example -all"),
            2,
            "spf",
            "includes none.example, which has none",
        ),
        (
            spf(&format!("v=spf1 {} -all", many.join(" "))),
            2,
            "spf",
            "more than 10 look-ups",
        ),
        (nested, 2, "spf", "more than 10 look-ups"),
        (spf("v=spf1 mx +all"), 2, "spf", "anybody may send"),
        (spf("v=spf1 mx"), 1, "spf", "has no `all`"),
        (spf("v=spf1 ptr -all"), 1, "spf", "uses `ptr`"),
        (
            dkim(&[]),
            2,
            "dkim-record",
            "DNS has no key at `t1._domainkey.hums.example`",
        ),
        (
            dkim(&[text(other_key)]),
            2,
            "dkim-record",
            "is not the one that signs here",
        ),
        (
            dkim(&[text(&key), text(&key)]),
            2,
            "dkim-record",
            "2 records",
        ),
        (
            dkim(&[text("v=DKIM1; k=ed25519; p=")]),
            2,
            "dkim-record",
            "is revoked",
        ),
        (
            with(&sound, "_dmarc.hums.example", &[]),
            1,
            "dmarc",
            "hums.example has no DMARC policy",
        ),
        (dmarc("v=DMARC1; p=none; pct=20"), 1, "dmarc", "`pct`"),
        (dmarc("v=DMARC1; p=block"), 2, "dmarc", "`p=block`"),
        (
            with(
                &sound,
                "_dmarc.hums.example",
                &[text("v=DMARC1; p=none"), text("v=DMARC1; p=none")],
            ),
            2,
            "dmarc",
            "2 DMARC records",
        ),
        (
            with(&sound, "mx.hums.example", &[]),
            2,
            "mx",
            "mx.hums.example, has no address",
        ),
        (exchange(""), 2, "mx", "takes no mail"),
        (
            with(&sound, "hums.example", &[text("v=spf1 -all")]),
            2,
            "mx",
            "has no MX",
        ),
        (circle, 0, "dns-unasked", "leads in circles"),
    ] {
        let server = NameServer::start(Manner::Good, zone);
        let (found, said) = check(&scene, &server, &[]);
        let first = said.lines().next().unwrap_or_default();
        assert!(
            first.contains(words) && first.ends_with(&format!("[{name}]")),
            "{words}: {said}"
        );
        assert_eq!(found, code, "{words}: {said}");
    }
}

#[test]
fn the_policy_above_a_domain_counts_and_alignment_is_by_organisation() {
    let (scene, key) = scene();
    let mut zone = with(&sound(&key), "_dmarc.hums.example", &[]);
    let named: [(&str, Record); 5] = [
        ("_dmarc.example", text("v=DMARC1; p=reject; psd=y")),
        ("back.hums.example", text("v=spf1 -all")),
        ("back.hums.example", Record::Address([192, 0, 2, 1])),
        ("else.relay.test", text("v=spf1 -all")),
        ("else.relay.test", Record::Address([192, 0, 2, 1])),
    ];
    zone.extend(named.map(|(name, record)| (name.to_owned(), record)));
    let server = NameServer::start(Manner::Good, zone.clone());
    // A public suffix gives no policy to the organisation below it.
    let (code, said) = check(&scene, &server, &[]);
    assert!(code == 1 && said.contains("has no DMARC policy"), "{said}");
    // Of one organisation, by its record; the signature is another's.
    zone.push(("_dmarc.hums.example".into(), text("v=DMARC1; p=reject")));
    zone.push(("t1._domainkey.relay.test".into(), text(&key)));
    let server = NameServer::start(Manner::Good, zone.clone());
    let other = ("TIDINGS_MAIL__DKIM__DOMAIN", "relay.test");
    let near = ("TIDINGS_MAIL__RETURN_PATH", "bounce@back.hums.example");
    let far = ("TIDINGS_MAIL__RETURN_PATH", "bounce@else.relay.test");
    let (_, said) = check(&scene, &server, &[other, near]);
    assert!(!said.contains("[dmarc-alignment]"), "{said}");
    let (code, said) = check(&scene, &server, &[other, far]);
    assert!(code == 2 && said.contains("[dmarc-alignment]"), "{said}");
    // Strictly, a neighbour is another.
    let strict = with(
        &zone,
        "_dmarc.hums.example",
        &[text("v=DMARC1; p=reject; aspf=s")],
    );
    let server = NameServer::start(Manner::Good, strict);
    let (code, said) = check(&scene, &server, &[other, near]);
    assert!(code == 2 && said.contains("[dmarc-alignment]"), "{said}");
}

#[test]
fn the_relays_address_has_a_name_that_leads_back() {
    let (scene, key) = scene();
    let relay = Record::Address([192, 0, 2, 9]);
    let mut zone = with(&sound(&key), "mx.relay.test", &[relay]);
    let names = |zone: &Zone, name: Option<&str>| {
        let pointer = name.map(|name| Record::Pointer(name.to_owned()));
        with(zone, "9.2.0.192.in-addr.arpa", pointer.as_slice())
    };
    zone.push(("other.relay.test".into(), Record::Address([192, 0, 2, 10])));
    for (name, words) in [
        (
            None,
            "the address 192.0.2.9 of the relay mx.relay.test has no name (PTR) [reverse-name]",
        ),
        (
            Some("other.relay.test"),
            "has the name other.relay.test, which has another address",
        ),
        (Some("mx.relay.test"), ""),
    ] {
        let server = NameServer::start(Manner::Good, names(&zone, name));
        let far = [("TIDINGS_MAIL__SMTP", "smtp://mx.relay.test:2525?tls=none")];
        let (_, said) = check(&scene, &server, &far);
        assert_eq!(said.contains("[reverse-name]"), !words.is_empty(), "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_server_that_does_not_say_is_no_fault() {
    let (scene, key) = scene();
    for (manner, words) in [
        (Manner::Failing, "the name server answers SERVFAIL"),
        (Manner::Lame, "the name server answers that others know it"),
        (Manner::Forged, "does not answer"),
        (Manner::Garbled, "does not answer"),
    ] {
        let server = NameServer::start(manner, sound(&key));
        let (code, said) = check(&scene, &server, &[]);
        assert_eq!(code, 0, "{manner:?}: {said}");
        assert!(
            said.starts_with("note: DNS could not be asked about"),
            "{manner:?}: {said}"
        );
        assert!(
            said.contains(words) && said.contains("[dns-unasked]"),
            "{manner:?}: {said}"
        );
        assert_eq!(said.matches("note: ").count(), 1, "{manner:?}: {said}");
    }
}

#[test]
fn one_name_that_is_not_answered_for_hides_nothing_about_the_others() {
    let (scene, key) = scene();
    let sound = sound(&key);
    let spf = text("v=spf1 include:_spf.relay.example +all");
    let faulty = with(&sound, "hums.example", &[spf]);
    let faulty = with(&faulty, "_dmarc.hums.example", &[]);
    for fault in [Record::Silence, Record::Nonsense] {
        let zone = with(&faulty, "_spf.relay.example", std::slice::from_ref(&fault));
        let server = NameServer::start(Manner::Good, zone);
        let (code, said) = check(&scene, &server, &[]);
        assert_eq!(code, 2, "{fault:?}: {said}");
        for words in [
            "has no MX",
            "has no DMARC policy",
            "ends with `+all`",
            "DNS could not be asked about `_spf.relay.example`: ",
        ] {
            assert!(said.contains(words), "{fault:?}: {words}: {said}");
        }
    }
}

/// The address of a server that answers every request so.
fn answering(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = "Location: https://x.example/\r\nContent-Length: 0\r\nConnection: close";
            let _ = write!(stream, "HTTP/1.1 {status} So\r\n{head}\r\n\r\n");
        }
    });
    format!("http://{address}/")
}

#[test]
fn whoever_leaves_is_answered_without_a_redirect() {
    let (scene, key) = scene();
    let zone = sound(&key);
    for (status, code, words) in [
        (200, 0, ""),
        (302, 2, "redirects (302)"),
        (404, 2, "answers 404"),
        (500, 2, "answers 500"),
    ] {
        let web = answering(status);
        let server = NameServer::start(Manner::Good, zone.clone());
        let (found, said) = check(&scene, &server, &[("TIDINGS_WEB__URL", &web)]);
        assert!(found == code && said.contains(words), "{status}: {said}");
    }
}
