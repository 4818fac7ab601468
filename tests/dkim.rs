//! Signatures, held by two verifiers that are not ours, and the command that makes keys.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use tidings::inside::message::dkim::{Algorithm, Signer, SigningKey};

use crate::program::said;
use crate::scene::{CONFIG, MONDAY, Scene};

/// DNS as the verifiers see it: the records of `tidings dkim`.
#[derive(Clone, Default)]
struct Dns(HashMap<String, String>);

impl Dns {
    /// The records in what `tidings dkim` printed.
    fn of(printed: &str) -> Self {
        let fields = |name: &str| {
            let prefix = format!("{name} ");
            let lines = printed
                .lines()
                .filter_map(move |line| line.strip_prefix(&prefix));
            lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
        };
        Self(fields("name").into_iter().zip(fields("value")).collect())
    }

    fn of_keys(keys: &[SigningKey], domain: &str) -> Self {
        let records = keys
            .iter()
            .map(|key| (key.dns_name(domain), key.dns_value()));
        Self(records.collect())
    }
}

impl ResolverCache<Box<str>, Txt> for Dns {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let found = self.0.iter().find(|(known, _)| {
            let with_dot: Box<str> = format!("{known}.").into();
            Borrow::<Q>::borrow(&with_dot) == name
        });
        let (_, value) = found?;
        Some(Txt::DomainKey(Arc::new(
            DomainKey::parse(value.as_bytes()).unwrap(),
        )))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// How many signatures hold, of how many, by mail-auth.
fn verified(message: &[u8], dns: &Dns) -> (usize, usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let resolver =
            MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).unwrap();
        let message = AuthenticatedMessage::parse(message).unwrap();
        let parameters = Parameters::new(&message).with_txt_cache(dns);
        let outputs = resolver.verify_dkim(parameters).await;
        let held = outputs
            .iter()
            .filter(|output| *output.result() == DkimResult::Pass);
        (held.count(), outputs.len())
    })
}

/// How many signatures hold, of how many, by dkimpy. None without it.
fn verified_by_python(message: &[u8], dns: &Dns) -> Option<(usize, usize)> {
    const VERIFY: &str = "
import sys, json, dkim
n = int(sys.stdin.buffer.readline())
records = {k + '.': v for k, v in json.loads(sys.stdin.buffer.read(n)).items()}
message = sys.stdin.buffer.read()
look = lambda name, timeout=5: records.get(name.decode() if isinstance(name, bytes) else name, '').encode()
d = dkim.DKIM(message, minkey=1024)
count = sum(1 for k, _ in d.headers if k.lower() == b'dkim-signature')
held = 0
for i in range(count):
    try:
        held += bool(dkim.DKIM(message, minkey=1024).verify(idx=i, dnsfunc=look))
    except dkim.DKIMException:
        pass
print(held, count)
";
    let records = serde_json::to_vec(&dns.0).unwrap();
    let input = [format!("{}\n", records.len()).as_bytes(), &records, message].concat();
    let output = said("python3", &["-c", VERIFY], &input)?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    Some((numbers.next()?, numbers.next()?))
}

fn assert_holds(message: &[u8], dns: &Dns, signatures: usize) {
    let all = (signatures, signatures);
    assert_eq!(
        verified(message, dns),
        all,
        "{}",
        String::from_utf8_lossy(message)
    );
    if let Some(held) = verified_by_python(message, dns) {
        assert_eq!(held, all, "{}", String::from_utf8_lossy(message));
    }
}

fn assert_fails(message: &[u8], dns: &Dns) {
    assert_eq!(verified(message, dns).0, 0);
    if let Some((held, _)) = verified_by_python(message, dns) {
        assert_eq!(held, 0);
    }
}

/// Signs a message by both algorithms, which both verifiers must hold, also as a relay hands it on.
pub(crate) fn assert_holds_signed(message: &str) {
    let mut keys = Vec::new();
    for (algorithm, selector) in [(Algorithm::Rsa, "t1"), (Algorithm::Ed25519, "t2")] {
        keys.push(SigningKey::from_pem(selector, &algorithm.generate_pem()).unwrap());
    }
    let dns = Dns::of_keys(&keys, "hums.example");
    let mut message = message.as_bytes().to_vec();
    let signer = Signer::new("hums.example", keys, &[]);
    signer.sign(&mut message, "2024-06-24T06:00:05Z".parse().unwrap());
    assert_holds(&message, &dns, 2);
    assert_holds(&relayed(&message), &dns, 2);
}

/// A site that signs with these keys, and what DNS says of them.
fn signing(scene: Scene, rsa: bool, ed25519: bool) -> (Scene, Dns) {
    let mut printed = String::new();
    let mut dkim = "domain = \"hums.example\"".to_owned();
    if rsa {
        printed += &scene
            .run(&["dkim", "new", "--selector", "t1", "rsa.pem"])
            .out;
        dkim += ", selector = \"t1\", key = \"rsa.pem\"";
    }
    if ed25519 {
        printed += &scene
            .run(&["dkim", "new", "--ed25519", "--selector", "t2", "ed.pem"])
            .out;
        dkim += match rsa {
            true => ", ed25519 = { selector = \"t2\", key = \"ed.pem\" }",
            false => ", selector = \"t2\", key = \"ed.pem\"",
        };
    }
    let config = scene.read("config.toml");
    let config = config.replace("[mail]\n", &format!("[mail]\ndkim = {{ {dkim} }}\n"));
    let scene = scene.file("config.toml", &config);
    let shown = scene.run(&["dkim", "show"]);
    assert_eq!((shown.code, &shown.out), (0, &printed), "{}", shown.talk);
    (scene, Dns::of(&printed))
}

/// The messages of the outbox.
fn outbox(scene: &Scene) -> Vec<Vec<u8>> {
    let names = scene.names("outbox");
    names
        .iter()
        .map(|name| fs::read(scene.path(&format!("outbox/{name}"))).unwrap())
        .collect()
}

/// Changes a message as a relay on the way may: headers folded anew, spaces at the end of lines, empty lines at the
/// end.
fn relayed(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let head = head
        .replace("Subject: ", "Subject:\r\n  ")
        .replace("List-Unsubscribe: <", "List-Unsubscribe:\r\n\t<");
    format!(
        "Received: from a by b\r\n{head}\r\n\r\n{}\r\n\r\n\r\n",
        body.replace("\r\n\r\n", " \r\n\t\r\n")
    )
    .into_bytes()
}

#[test]
fn two_verifiers_hold_the_signatures_of_every_message() {
    for (rsa, ed25519) in [(true, false), (false, true), (true, true)] {
        let sample = Scene::sample();
        let each = sample.read("config.toml").replace(
            "schedule = \"0 8 * * MON\"",
            "schedule = \"each\"\nlayout = \"full\"",
        );
        let (scene, dns) = signing(sample.file("config.toml", &each), rsa, ed25519);
        scene.run_at("2026-06-22T08:00:05+02:00", &["run"]);
        let messages = outbox(&scene);
        assert!(messages.len() >= 4, "{}", messages.len());
        let signatures = usize::from(rsa) + usize::from(ed25519);
        for message in &messages {
            assert_holds(message, &dns, signatures);
            assert_holds(&relayed(message), &dns, signatures);
        }
        let message = &messages[0];
        let text = String::from_utf8_lossy(message).into_owned();
        for (what, changed) in [
            ("a letter of the body", text.replacen("</p>", "x</p>", 1)),
            (
                "the subject",
                text.replacen("Subject: ", "Subject: Re: ", 1),
            ),
            (
                "a second sender",
                text.replacen("From: ", "From: Eve <eve@x.example>\r\nFrom: ", 1),
            ),
            (
                "another list",
                text.replacen(
                    "List-Unsubscribe: ",
                    "List-Unsubscribe: <https://x.example/>, ",
                    1,
                ),
            ),
            (
                "an added header of a list",
                text.replacen("From: ", "List-Unsubscribe-Post: a\r\nFrom: ", 1),
            ),
        ] {
            assert_ne!(changed, text, "{what}");
            assert_fails(changed.as_bytes(), &dns);
        }
    }
}

#[test]
fn the_signature_names_what_it_covers_and_fits_into_short_lines() {
    let (scene, _) = signing(Scene::new().post("one.md", "One", "2024-06-01"), true, true);
    scene.run_at(MONDAY, &["run"]);
    let message = String::from_utf8(outbox(&scene).remove(0)).unwrap();
    let head = message.split("\r\n\r\n").next().unwrap();
    assert!(
        head.lines()
            .all(|line| line.len() <= 78 || !line.starts_with([' ', 'D'])),
        "{head}"
    );
    let unfolded = head.replace("\r\n ", "").replace("\r\n\t", "");
    let signatures: Vec<&str> = unfolded
        .lines()
        .filter(|line| line.starts_with("DKIM-Signature: "))
        .collect();
    assert_eq!(signatures.len(), 2);
    assert!(
        signatures[0].contains("a=rsa-sha256") && signatures[1].contains("a=ed25519-sha256"),
        "{signatures:?}"
    );
    for signature in signatures {
        assert!(
            signature.contains("h=From:From:To:Subject:Date:Message-ID:"),
            "{signature}"
        );
        assert!(
            signature.contains(":List-Unsubscribe:List-Unsubscribe-Post:"),
            "{signature}"
        );
        assert!(signature.contains("t=1719208805;"), "{signature}");
        assert!(
            !signature.contains("Reply-To") && !signature.contains("Precedence"),
            "{signature}"
        );
    }
}

#[test]
fn headers_that_the_relay_rewrites_are_left_out() {
    let (scene, dns) = signing(
        Scene::new().post("one.md", "One", "2024-06-01"),
        true,
        false,
    );
    let config = scene.read("config.toml").replace(
        "key = \"rsa.pem\"",
        "key = \"rsa.pem\", skip = [\"Date\", \"message-id\"]",
    );
    let scene = scene.file("config.toml", &config);
    scene.run_at(MONDAY, &["run"]);
    let message = String::from_utf8(outbox(&scene).remove(0)).unwrap();
    let rewritten = message
        .replace("Message-ID: <", "Message-ID: <other-")
        .replace("Date: ", "Date: Tue, 1 Jul 2025 00:00:00 +0000\r\nX-Old: ");
    assert_ne!(rewritten, message);
    assert_holds(rewritten.as_bytes(), &dns, 1);
    for (skip, said) in [
        ("[\"From\"]", "`From` is always signed"),
        ("[\"X-Mailer\"]", "`X-Mailer` is no header that is signed"),
    ] {
        let config = config.replace("[\"Date\", \"message-id\"]", skip);
        let ran = Scene::new()
            .post("one.md", "One", "2024-06-01")
            .file("rsa.pem", "")
            .file("config.toml", &config)
            .run(&["--at", MONDAY, "digest", "weekly"]);
        assert!(ran.code == 2 && ran.talk.contains(said), "{}", ran.talk);
    }
}

#[test]
fn bodies_that_end_in_blank_lines_are_hashed_as_the_rfc_says() {
    let pem = Algorithm::Ed25519.generate_pem();
    let keys = || vec![SigningKey::from_pem("t1", &pem).unwrap()];
    let dns = Dns::of_keys(&keys(), "hums.example");
    let signer = Signer::new("hums.example", keys(), &[]);
    for body in [
        "",
        "\r\n",
        "a",
        "a\r\n",
        "a\r\n\r\n\r\n",
        "a \t b \r\n \r\n\t\r\n",
        " \r\na\r\n",
    ] {
        let mut message =
            format!("From: a@hums.example\r\nTo: b@x.example\r\nSubject: A\r\n\r\n{body}")
                .into_bytes();
        signer.sign(&mut message, "2024-06-24T06:00:05Z".parse().unwrap());
        let mut again = message.clone();
        again.drain(..memchr::memmem::find(&message, b"From: a@").unwrap());
        signer.sign(&mut again, "2024-06-24T06:00:05Z".parse().unwrap());
        assert_eq!(again, message, "a second copy is the same bytes");
        if let Some(held) = verified_by_python(&message, &dns) {
            assert_eq!(held, (1, 1), "{body:?}");
        }
    }
}

#[test]
fn a_new_key_is_private_never_overwritten_and_read_by_openssl() {
    let scene = Scene::new();
    for arguments in [&["dkim", "new"][..], &["dkim", "new", "--ed25519"]] {
        let ran = scene.run(arguments);
        ran.succeeds();
        assert!(
            ran.out
                .contains("._domainkey.hums.example. IN TXT ( \"v=DKIM1; k="),
            "{}",
            ran.out
        );
        let strings = ran.out.split('"').skip(1).step_by(2);
        assert!(
            strings.clone().all(|string| string.len() <= 255),
            "{}",
            ran.out
        );
        let value = ran
            .out
            .lines()
            .find_map(|line| line.strip_prefix("value  "))
            .unwrap();
        assert_eq!(strings.collect::<String>(), value);
        ran.says("under [mail]");
        let again = scene.run(arguments);
        assert!(
            again.code == 2 && again.talk.contains("never overwritten"),
            "{}",
            again.talk
        );
    }
    for file in ["dkim.pem", "dkim-ed25519.pem"] {
        let path = scene.path(file);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let path = path.display().to_string();
        if let Some(output) = said("openssl", &["pkey", "-in", &path, "-noout", "-check"], b"") {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

#[test]
fn a_key_that_cannot_sign_is_named_before_anything_is_frozen() {
    let dkim = |rest: &str| CONFIG.replace("[mail]\n", &format!("[mail]\ndkim = {{ {rest} }}\n"));
    let scene = || Scene::new().post("one.md", "One", "2024-06-01");
    let pem = Algorithm::Ed25519.generate_pem();
    for (config, key, said) in [
        (dkim("key = \"gone.pem\""), "", "gone.pem: "),
        (
            dkim("key = \"k.pem\""),
            "no key",
            "k.pem: this is no private key",
        ),
        (
            dkim("key = \"k.pem\""),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "k.pem: this private key is encrypted with a passphrase",
        ),
        (dkim("selector = \"a b\""), "", "`a b` is no selector"),
        (dkim("domain = \"hums\""), "", "`hums` is no domain"),
        (
            dkim("pem = \"x\""),
            "",
            "a private key does not belong in the config",
        ),
        (
            dkim("key = \"open.pem\""),
            &pem[..],
            "open.pem: other users may read this private key",
        ),
    ] {
        let scene = scene()
            .file("config.toml", &config)
            .file("k.pem", key)
            .file("open.pem", key);
        fs::set_permissions(scene.path("k.pem"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(scene.path("open.pem"), fs::Permissions::from_mode(0o644)).unwrap();
        let ran = scene.run(&["--at", MONDAY, "run"]);
        assert!(
            ran.code > 0 && ran.talk.contains(said),
            "{}: {}",
            ran.code,
            ran.talk
        );
        assert!(scene.names("outbox").is_empty(), "{config}");
        assert!(!ran.talk.contains("PRIVATE"), "{}", ran.talk);
    }
}

#[test]
fn a_key_may_come_from_the_environment_and_shows_nowhere() {
    let pem = Algorithm::Ed25519.generate_pem();
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let environment = [("TIDINGS_MAIL__DKIM__PEM", pem.as_str())];
    let ran = scene.run_with(&["--at", MONDAY, "run"], &environment);
    ran.succeeds();
    let message = outbox(&scene).remove(0);
    let shown = scene.run_with(&["dkim", "show"], &environment);
    assert_holds(&message, &Dns::of(&shown.out), 1);
    let broken = [("TIDINGS_MAIL__DKIM__PEM", "secret words")];
    let ran = scene.run_with(&["dkim", "show"], &broken);
    assert!(
        ran.code == 2 && !ran.talk.contains("secret words"),
        "{}",
        ran.talk
    );
}
