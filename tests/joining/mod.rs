//! Joining by HTTP: the form, the letter that the resident sends, the button behind its link.

mod confirm;
mod form;

use std::thread;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;

const MONDAY: &str = "2024-06-24T09:00:00+02:00";

/// A site with two digests, its relay and its service.
pub(crate) struct Site {
    pub(crate) scene: Scene,
    relay: Relay,
    pub(crate) service: Service,
}

impl Site {
    pub(crate) fn new(web: &str) -> Self {
        let scene = Scene::new().post("one.md", "One", "2024-06-01");
        let config = scene.read("config.toml").replace(
            "to = [\"editor@hums.example\"]\n",
            "title = \"Hums & <tea>\"\n",
        );
        let second =
            "[[digest]]\nname = \"each\"\ntitle = \"Every hum\"\nschedule = \"each\"\n[mail]";
        let config = config.replace("[mail]", second);
        let scene = scene.file(
            "config.toml",
            &format!("{config}[web]\nurl = \"https://news.hums.example/\"\n{web}"),
        );
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let service = Self::serve(&scene, &relay, MONDAY);
        Self {
            scene,
            relay,
            service,
        }
    }

    fn serve(scene: &Scene, relay: &Relay, at: &str) -> Service {
        let url = relay.url();
        Service::start_with(scene, &["--at", at], &[("TIDINGS_MAIL__SMTP", &url)])
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.service.say(request.as_bytes())
    }

    pub(crate) fn join(&self, address: &str) -> Answer {
        self.post(
            "/subscribe",
            "",
            &format!("email={address}&digest=weekly&website="),
        )
    }

    /// Waits for so many messages at the relay.
    pub(crate) fn wait_for(&self, count: usize) {
        self.relay.wait_for(count);
    }

    /// The path behind the link of the last letter to somebody.
    pub(crate) fn path(&self, to: &str) -> String {
        self.page_path(to, "confirm")
    }

    /// The path below this page of the link in the last mail to somebody.
    pub(crate) fn page_path(&self, to: &str, page: &str) -> String {
        let taken = self.relay.taken();
        let (_, message) = taken.iter().rev().find(|(other, _)| other == to).unwrap();
        let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        let at = text
            .find(&format!("https://news.hums.example/{page}/"))
            .unwrap_or_else(|| panic!("{text}"));
        let link = text[at..].split_whitespace().next().unwrap();
        link.trim_start_matches("https://news.hums.example")
            .to_owned()
    }

    /// Runs the program beside the service, with its relay.
    pub(crate) fn run(&self, arguments: &[&str]) {
        let url = self.relay.url();
        let set = [("TIDINGS_MAIL__SMTP", url.as_str())];
        let arguments = [&["--at", MONDAY], arguments].concat();
        let begun = Instant::now();
        loop {
            let ran = self.scene.run_with(&arguments, &set);
            // The service notes what it has sent only after the relay has it.
            let is_busy = ran.talk.contains("another run is sending");
            if is_busy && begun.elapsed() < Duration::from_secs(30) {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
            assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
            return;
        }
    }

    /// The path of the page to leave in the last mail to somebody.
    pub(crate) fn leave_path(&self, to: &str) -> String {
        let taken = self.relay.taken();
        let (_, message) = taken.iter().rev().find(|(other, _)| other == to).unwrap();
        let begin = "List-Unsubscribe: <https://news.hums.example";
        let line = message.lines().find(|line| line.starts_with(begin));
        let rest = &line.unwrap()[begin.len()..];
        rest[..rest.find('>').unwrap()].to_owned()
    }

    pub(crate) fn shown(&self, address: &str) -> String {
        self.scene
            .run(&["--at", MONDAY, "subscriber", "show", address])
            .out
    }
}
