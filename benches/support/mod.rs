//! The parts that benches of sending share: a relay that takes everything, a site with a frozen issue, and its way out.

mod relay;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tidings::clock::Clock;
use tidings::config::{Mail, StoreUrl, UncertainPolicy};
use tidings::inside::delivery::{IssueDelivery, Mailer, Progress, Stop};
use tidings::inside::message::Compiled;
use tidings::inside::message::dkim::Signer;
use tidings::inside::reader::Reader;
use tidings::inside::store::{Access, Store};

pub(crate) use relay::sink;

pub(crate) const MONDAY: &str = "2024-06-24T08:00:05+02:00";

/// A site whose one issue of some 30 KB is frozen and has not left.
pub(crate) fn frozen(readers: u32) -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    let sentence =
        "The daemon hums in the cellar while the kettle waits for the morning shift to come. ";
    fs::create_dir(site.path().join("post")).unwrap();
    let post = format!(
        "---\ntitle: Long\ndate: 2024-06-01\n---\n{}\n",
        sentence.repeat(150)
    );
    fs::write(site.path().join("post/long.md"), post).unwrap();
    fs::write(
        site.path().join("config.toml"),
        "[site]\ntitle = \"Hums\"\nurl = \"https://hums.example/\"\nrequire_live = false\n[[digest]]\nname = \"weekly\"\nlayout = \"full\"\n\
         schedule = \"0 8 * * MON\"\nsince = \"2013-01-01\"\n[mail]\nfrom = \"Hums <news@hums.example>\"\n\
         smtp = \"smtp://127.0.0.1:9?tls=none\"\npatience = \"0s\"\n",
    )
    .unwrap();
    let people: Vec<String> = (0..readers)
        .map(|n| format!("reader{n}@x{}.example", n % 100))
        .collect();
    fs::write(
        site.path().join("people.csv"),
        format!("email\n{}\n", people.join("\n")),
    )
    .unwrap();
    tidings(
        site.path(),
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    tidings(site.path(), &["run"]);
    site
}

fn tidings(site: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command
        .args(["-q", "--at", MONDAY])
        .args(arguments)
        .current_dir(site)
        .stderr(Stdio::null());
    assert!(
        command
            .status()
            .unwrap()
            .code()
            .is_some_and(|code| code < 2),
        "{arguments:?}"
    );
}

pub(crate) fn store(site: &Path) -> StoreUrl {
    StoreUrl::Sqlite(site.join("tidings.db"))
}

/// The frozen issue, ready to be sent.
pub(crate) struct Ready {
    pub(crate) delivery: IssueDelivery,
    mailer: Mailer,
    first: Reader,
}

impl Ready {
    pub(crate) async fn open(
        site: &Path,
        port: u16,
        connections: u32,
        signer: Option<Arc<Signer>>,
    ) -> Self {
        let at: DateTime<Utc> = MONDAY.parse().unwrap();
        let store = Store::open(&store(site), Access::Write, at).await.unwrap();
        let sender = store
            .begin_sending(UncertainPolicy::Retry, at)
            .await
            .unwrap()
            .unwrap();
        let issue = store.load_issues().await.unwrap().remove(0);
        let key = store.load_key(issue.key).await.unwrap();
        let compiled = Compiled::from_text(&store.load_compiled(issue.id).await.unwrap()).unwrap();
        let first = store
            .find_first_reader(&issue.digest, &[], at)
            .await
            .unwrap()
            .unwrap();
        let text =
            format!("smtp = \"smtp://127.0.0.1:{port}?tls=none\"\nconnections = {connections}");
        let mail: Mail = toml::from_str(&text).unwrap();
        let mailer = Mailer::Smtp(mail.smtp.clone().unwrap());
        let delivery = IssueDelivery {
            sender,
            issue,
            compiled: Arc::new(compiled.signed_by(signer)),
            key,
            mail: Arc::new(mail),
            clock: Clock::new(Some(at)),
            progress: Progress::hidden(),
            stop: Stop::default(),
        };
        Self {
            delivery,
            mailer,
            first,
        }
    }

    /// The message to the first reader.
    pub(crate) fn fill(&self) -> Vec<u8> {
        let IssueDelivery {
            compiled,
            issue,
            key,
            ..
        } = &self.delivery;
        compiled.fill(&self.first, issue.made_at, key)
    }

    /// Sends it to everybody with the ledger on. Returns the time that it took.
    pub(crate) async fn send(self) -> Duration {
        let Self {
            delivery, mailer, ..
        } = self;
        let began = Instant::now();
        assert_eq!(delivery.deliver(&mailer).await.unwrap(), None);
        let took = began.elapsed();
        let unsent = delivery.sender.count_unsent(delivery.issue.id);
        assert_eq!(unsent.await.unwrap(), 0);
        took
    }
}
