//! The proxies of `docs/deploy` before the real service: nginx and Caddy, with TLS, as they stand there but for their ports
//! and certificates.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::joining::Site;
use crate::program::{missing, said};

const NGINX: &str = include_str!("../docs/deploy/nginx.conf");
const CADDY: &str = include_str!("../docs/deploy/Caddyfile");
const UPSTREAM: &str = "127.0.0.1:8080";

/// A proxy that ends with its test.
struct Proxy {
    child: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Starts this program, which listens on this port; none, said aloud, where it is missing.
    fn start(command: &mut Command, port: u16) -> Option<Self> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(child) = child else {
            missing(&command.get_program().to_string_lossy());
            return None;
        };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{command:?} does not listen"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, port })
    }

    fn nginx(folder: &Path, upstream: &str) -> Option<Self> {
        let port = free_port();
        let signing = rcgen::KeyPair::generate().unwrap();
        let wish = rcgen::CertificateParams::new(vec!["news.hums.example".to_owned()]).unwrap();
        let certificate = wish.self_signed(&signing).unwrap();
        fs::write(folder.join("fullchain.pem"), certificate.pem()).unwrap();
        fs::write(folder.join("privkey.pem"), signing.serialize_pem()).unwrap();
        let server = NGINX
            .replace(
                "/etc/letsencrypt/live/news.hums.example",
                folder.to_str().unwrap(),
            )
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace("listen [::]:443 ssl;", "")
            .replace(UPSTREAM, upstream);
        let folders: Vec<String> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {kind};"))
            .collect();
        let config = format!(
            "daemon off; pid nginx.pid; error_log error.log; events {{}}\nhttp {{ access_log off; {} {server} }}\n",
            folders.join(" ")
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        let mut command = Command::new("nginx");
        command
            .arg("-e")
            .arg("error.log")
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg("nginx.conf");
        Self::start(&mut command, port)
    }

    fn caddy(folder: &Path, upstream: &str) -> Option<Self> {
        let port = free_port();
        let own = format!(
            "{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tauto_https disable_redirects\n\thttps_port {port}\n}}\n"
        );
        fs::write(
            folder.join("Caddyfile"),
            own + &CADDY.replace(UPSTREAM, upstream),
        )
        .unwrap();
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(folder.join("Caddyfile"))
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_CONFIG_HOME", folder);
        Self::start(&mut command, port)
    }

    /// Returns the answer as curl shows it: its head and body.
    fn ask(&self, path: &str, arguments: &[&str]) -> String {
        let output = self.try_to_ask(path, arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until it has its certificate: Caddy takes connections before.
    fn wait_for_certificate(&self) {
        let begun = Instant::now();
        while !self.try_to_ask("/healthz", &[]).status.success() {
            assert!(begun.elapsed() < Duration::from_secs(30), "no certificate");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn try_to_ask(&self, path: &str, arguments: &[&str]) -> Output {
        let (port, host) = (self.port, "news.hums.example");
        let resolve = format!("{host}:{port}:127.0.0.1");
        let url = format!("https://{host}:{port}{path}");
        // A browser asks like this at port 443.
        let named = format!("Host: {host}");
        let fixed = [
            "-sSik",
            "-m",
            "30",
            "-H",
            &named,
            "--resolve",
            &resolve,
            &url,
        ];
        said("curl", &[&fixed, arguments].concat(), b"").expect("curl is there")
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Somebody reads the feed, joins, confirms and leaves through this proxy.
fn pass_through(start: fn(&Path, &str) -> Option<Proxy>) {
    let site = Site::new("proxies = [\"127.0.0.1\"]\n");
    site.scene.run(&["build"]);
    let folder = tempfile::tempdir().unwrap();
    let Some(proxy) = start(folder.path(), &site.service.address) else {
        return;
    };
    proxy.wait_for_certificate();
    let has_status = |answer: &str, status: &str| {
        let first = answer.lines().next().unwrap_or_default();
        assert!(first.contains(status), "{status} is wanted: {answer}");
    };
    let feed = proxy.ask("/atom.xml", &["-H", "Accept-Encoding: identity"]);
    has_status(&feed, " 200");
    let tag = feed.lines().find_map(|line| {
        let (name, tag) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("etag")
            .then(|| tag.trim().to_owned())
    });
    let known = format!("If-None-Match: {}", tag.unwrap());
    has_status(&proxy.ask("/atom.xml", &["-H", &known]), " 304");
    has_status(&proxy.ask("/%2e%2e/config.toml", &["--path-as-is"]), " 4");
    let form = proxy.ask("/subscribe", &[]);
    assert!(
        form.contains("<form method=\"post\" action=\"/subscribe\">"),
        "{form}"
    );
    let asked = proxy.ask(
        "/subscribe",
        &["-d", "email=ada%40x.example&digest=weekly&website="],
    );
    has_status(&asked, " 200");
    site.wait_for(1);
    let confirm = site.path("ada@x.example");
    let confirmed = proxy.ask(
        &confirm,
        &["-X", "POST", "-H", "Origin: https://news.hums.example"],
    );
    assert!(confirmed.contains("You are subscribed"), "{confirmed}");
    let leave = site.leave_path("ada@x.example");
    let left = proxy.ask(&leave, &["-F", "List-Unsubscribe=One-Click"]);
    has_status(&left, " 200");
    assert!(site.shown("ada@x.example").contains("left"));
    let large = format!("email=a%40x.example&a={}", "a".repeat(70_000));
    has_status(&proxy.ask("/subscribe", &["-d", &large]), " 413");
}

#[test]
fn nginx_passes_everything_on() {
    pass_through(Proxy::nginx);
}

#[test]
fn caddy_passes_everything_on() {
    pass_through(Proxy::caddy);
}
