//! TLS: what was asked for is what happens, and nothing is said in clear before it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

use crate::scene::{MONDAY, Ran, Scene};

/// How the relay goes about STARTTLS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS as it should be.
    StartTls,
    /// STARTTLS is not offered: stripped by someone on the way.
    Stripped,
    /// An answer is slipped in behind the 220.
    Injected,
    /// STARTTLS with a certificate of long ago.
    Expired,
    /// STARTTLS with an authority's certificate, as `openssl req -x509` makes it.
    Authority,
    /// STARTTLS, answered in words that are no UTF-8.
    Latin1,
    /// STARTTLS, answered by the code alone and a bare LF.
    Bare,
}

/// A relay with a certificate for `host`; what it hears in clear and inside TLS.
struct TlsRelay {
    port: u16,
    certificate: String,
    clear: Arc<Mutex<String>>,
    inside: Arc<Mutex<String>>,
}

fn start(manner: Manner, host: &str) -> TlsRelay {
    let signing = rcgen::KeyPair::generate().unwrap();
    let mut wish = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
    if manner == Manner::Expired {
        (wish.not_before, wish.not_after) = (
            rcgen::date_time_ymd(2019, 1, 1),
            rcgen::date_time_ymd(2020, 1, 1),
        );
    }
    if manner == Manner::Authority {
        wish.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let signed = wish.self_signed(&signing).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key)
            .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (clear, inside) = (Arc::default(), Arc::default());
    let (heard, heard_inside): (Arc<Mutex<String>>, Arc<Mutex<String>>) =
        (Arc::clone(&clear), Arc::clone(&inside));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, manner, &config, &heard, &heard_inside);
        }
    });
    TlsRelay {
        port,
        certificate: signed.pem(),
        clear,
        inside,
    }
}

fn serve(
    mut stream: TcpStream,
    manner: Manner,
    config: &Arc<ServerConfig>,
    clear: &Mutex<String>,
    inside: &Mutex<String>,
) -> std::io::Result<()> {
    if manner != Manner::Implicit {
        let offers = if manner == Manner::Stripped {
            "250 relay\r\n"
        } else {
            "250-relay\r\n250 STARTTLS\r\n"
        };
        stream.write_all(b"220 relay\r\n")?;
        hear(&mut stream, clear)?;
        stream.write_all(offers.as_bytes())?;
        hear(&mut stream, clear)?;
        stream.write_all(match manner {
            Manner::Injected => b"220 go\r\n250 slipped in\r\n",
            Manner::Latin1 => b"220 pr\xeat\r\n",
            Manner::Bare => b"220\n",
            _ => b"220 go\r\n",
        })?;
    }
    let mut tls = BufReader::new(StreamOwned::new(
        ServerConnection::new(Arc::clone(config)).unwrap(),
        stream,
    ));
    let say = |tls: &mut BufReader<StreamOwned<ServerConnection, TcpStream>>, answer: &str| {
        tls.get_mut().write_all(answer.as_bytes())?;
        tls.get_mut().flush()
    };
    if manner == Manner::Implicit {
        say(&mut tls, "220 relay\r\n")?;
    }
    let mut in_body = false;
    loop {
        let mut line = String::new();
        if tls.read_line(&mut line)? == 0 {
            return Ok(());
        }
        inside.lock().unwrap().push_str(&line);
        let answer = match line.split(' ').next().unwrap_or_default().trim_end() {
            "." => "250 taken\r\n",
            _ if in_body => continue,
            "EHLO" => "250-relay\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n",
            "AUTH" => "235 welcome\r\n",
            "DATA" => "354 go on\r\n",
            _ => "250 ok\r\n",
        };
        in_body = line == "DATA\r\n";
        say(&mut tls, answer)?;
    }
}

fn hear(stream: &mut impl Read, log: &Mutex<String>) -> std::io::Result<String> {
    let mut bytes = vec![0; 65536];
    let count = stream.read(&mut bytes)?;
    if count == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let heard = String::from_utf8_lossy(&bytes[..count]).into_owned();
    log.lock().unwrap().push_str(&heard);
    Ok(heard)
}

/// A run against the relay, with a user and a password, trusting its certificate or not.
fn run(relay: &TlsRelay, scheme: &str, trusted: bool) -> Ran {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("relay.pem", &relay.certificate);
    let two = scene.read("config.toml").replace(
        "editor@hums.example",
        "editor@hums.example\", \"other@hums.example",
    );
    let scene = scene.file("config.toml", &two);
    let url = format!("{scheme}://localhost:{}", relay.port);
    let mut environment = vec![
        ("TIDINGS_MAIL__SMTP", url.as_str()),
        ("TIDINGS_MAIL__CONNECTIONS", "1"),
        ("TIDINGS_MAIL__USER", "news"),
        ("TIDINGS_MAIL__PASSWORD", "hunter2"),
        ("TIDINGS_MAIL__TIMEOUT__GREETING", "5s"),
        ("TIDINGS_MAIL__TIMEOUT__COMMAND", "5s"),
    ];
    if trusted {
        environment.push(("TIDINGS_MAIL__CA", "relay.pem"));
    }
    scene.run_with(&["--at", MONDAY, "run"], &environment)
}

fn said_in_clear(relay: &TlsRelay) -> String {
    relay.clear.lock().unwrap().clone()
}

#[test]
fn mail_and_password_go_inside_tls() {
    for (manner, scheme) in [
        (Manner::Implicit, "smtps"),
        (Manner::StartTls, "smtp"),
        (Manner::Latin1, "smtp"),
        (Manner::Bare, "smtp"),
    ] {
        let relay = start(manner, "localhost");
        let ran = run(&relay, scheme, true);
        assert_eq!(ran.code, 0, "{scheme}: {}{}", ran.out, ran.talk);
        let inside = relay.inside.lock().unwrap().clone();
        assert!(
            inside.contains("AUTH PLAIN") && inside.contains("RCPT TO:<editor@hums.example>"),
            "{inside}"
        );
        // The second over the same connection, its envelope said ahead.
        assert!(inside.contains("RCPT TO:<other@hums.example>"), "{inside}");
        assert_eq!(inside.matches("EHLO").count(), 1, "{inside}");
        let clear = said_in_clear(&relay);
        assert!(
            !clear.contains("AUTH") && !clear.contains("MAIL") && !clear.contains("Subject"),
            "{clear}"
        );
    }
}

#[test]
fn nothing_is_said_where_tls_cannot_be_had() {
    for (manner, host, trusted, words) in [
        (Manner::Stripped, "localhost", true, "offers no STARTTLS"),
        (
            Manner::Injected,
            "localhost",
            true,
            "spoke before TLS began",
        ),
        (
            Manner::StartTls,
            "localhost",
            false,
            "nobody whom this machine trusts has signed it; name its issuer's certificate in `ca`",
        ),
        (
            Manner::Authority,
            "localhost",
            true,
            "it is an authority's (CA:TRUE)",
        ),
        (
            Manner::StartTls,
            "other.example",
            true,
            "certificate is not accepted",
        ),
        (
            Manner::Expired,
            "localhost",
            true,
            "certificate is not accepted",
        ),
    ] {
        let relay = start(manner, host);
        let ran = run(&relay, "smtp", trusted);
        ran.fails_with(1);
        assert!(
            ran.talk.contains(words) && ran.talk.contains("paused"),
            "{words}: {}",
            ran.talk
        );
        assert!(!ran.talk.contains("hunter2"));
        let clear = said_in_clear(&relay);
        assert!(
            !clear.contains("AUTH") && !clear.contains("MAIL"),
            "{clear}"
        );
        assert!(relay.inside.lock().unwrap().is_empty());
    }
}
