//! Every page that people see, looked at by a checker of HTML and by one for those who do not see or do not use a mouse.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::browser::Browser;
use crate::joining::Site;
use crate::program::missing;

/// The rules of the standard and those about access. A button in a form submits it where nothing else is said.
const CONFIG: &str = r#"{
  "root": true, "extends": ["html-validate:standard", "html-validate:a11y"],
  "rules": { "no-implicit-button-type": "off" }
}"#;

/// The name of an issue's page: it is a mail, with the tables and attributes that mail programs need.
const ISSUE: &str = "issue";

/// The folder in which axe-core and html-validate are installed; none, said aloud, where it is not named.
pub(crate) fn checkers() -> Option<PathBuf> {
    let folder = std::env::var_os("TIDINGS_TEST_NODE_MODULES").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("axe-core/axe.min.js").exists());
    if found.is_none() {
        missing("a folder with axe-core and html-validate (TIDINGS_TEST_NODE_MODULES)");
    }
    found
}

/// Returns the faults that html-validate finds in a page.
pub(crate) fn validate(checkers: &Path, html: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    std::fs::write(&config, CONFIG).unwrap();
    let mut child = Command::new("node")
        .arg(checkers.join("html-validate/bin/html-validate.mjs"))
        .args(["--stdin", "--formatter=text", "--config"])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(html.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.success(), said.trim().is_empty(), "{said}");
    said
}

/// Every page of the service, by its name.
fn pages(site: &Site) -> Vec<(&'static str, String)> {
    site.scene.run(&["build"]);
    let get = |path: &str| site.service.get(path).text();
    let post = |path: &str| site.post(path, "", "").text();
    let mut pages = vec![
        ("form", get("/subscribe")),
        ("no address", site.join("ada").text()),
        (
            "no digest",
            site.post("/subscribe", "", "email=ada%40x.example").text(),
        ),
        ("asked", site.join("ada%40x.example").text()),
        ("forged", get("/unsubscribe/forged")),
        ("feeds", get("/")),
    ];
    site.wait_for(1);
    let confirm = site.path("ada@x.example");
    pages.push(("confirm", get(&confirm)));
    pages.push(("confirmed", post(&confirm)));
    site.run(&["digest", "weekly", "--posts", "one.md", "--again", "--yes"]);
    let preferences = site.page_path("ada@x.example", "preferences");
    pages.push(("preferences", get(&preferences)));
    let chosen = site.post(&preferences, "", "digest=weekly&until=2024-07-01");
    pages.push(("chosen", chosen.text()));
    let wrong = site.post(&preferences, "", "digest=weekly&until=x");
    pages.push(("no day", wrong.text()));
    let wrong = site.post(&format!("{preferences}/address"), "", "email=x");
    pages.push(("no new address", wrong.text()));
    pages.push(("archive", get("/issues/")));
    let issue = site.scene.names("public/issues");
    let issue = issue.iter().find(|name| name.len() == 21).unwrap();
    pages.push((ISSUE, get(&format!("/issues/{issue}"))));
    let leave = site.leave_path("ada@x.example");
    pages.push(("leave", get(&leave)));
    let form = "List-Unsubscribe=One-Click";
    pages.push(("left", site.post(&leave, "", form).text()));
    pages.push(("undone", post(&format!("{leave}/undo"))));
    let forgotten = site.post(&format!("{preferences}/forget"), "", "sure=yes");
    pages.push(("forgotten", forgotten.text()));
    pages
}

#[test]
fn no_checker_finds_fault_with_a_page() {
    let Some(checkers) = checkers() else { return };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let site = Site::new("");
    let mut faults = Vec::new();
    for (name, html) in pages(&site) {
        assert!(html.contains("<h1"), "{name}: {html}");
        let said = match name {
            ISSUE => String::new(),
            _ => validate(&checkers, &html),
        };
        faults.extend(said.lines().map(|line| format!("{name}: {line}")));
        for scheme in ["light", "dark"] {
            browser.look(375, scheme);
            let found = browser.audit(&html, &checkers.join("axe-core/axe.min.js"));
            faults.extend(
                found
                    .iter()
                    .map(|fault| format!("{name}, {scheme}: {fault}")),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_checkers_find_what_is_wrong() {
    let Some(checkers) = checkers() else { return };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let page = "<!doctype html><html lang=\"en\"><head><title>T</title></head><body><main><h1>T</h1>\
                <form><input type=\"email\" name=\"email\"></form><p><div>x</div></p>\
                <a href=\"/x\"></a></main></body></html>";
    let said = validate(&checkers, page);
    assert!(said.contains("Stray end tag"), "{said}");
    let found = browser.audit(page, &checkers.join("axe-core/axe.min.js"));
    assert!(
        found.iter().any(|fault| fault.contains("label")),
        "{found:?}"
    );
}
