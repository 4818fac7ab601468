//! Tests what a shell and a manual say of the command line.

use crate::program::said;
use crate::scene::Scene;

#[test]
fn bash_takes_the_completions_and_knows_every_command() {
    let scene = Scene::bare();
    let script = scene.run(&["completions", "bash"]);
    script.succeeds();
    // Bash completes `tidings su` and `tidings store re` to these.
    let asked = format!(
        "{}\nfor line in 'tidings su' 'tidings store re' 'tidings completions z'; do\n\
         COMP_WORDS=($line); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_LINE=$line; COMP_POINT=${{#line}}\n\
         COMPREPLY=(); _tidings tidings \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[*]}}\"; done\n",
        script.out
    );
    if let Some(output) = said("bash", &["--norc", "-s"], asked.as_bytes()) {
        let offered = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(offered, "subscriber\nrestore\nzsh\n", "{output:?}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = scene.run(&["completions", shell]);
        assert!(
            script.code == 0 && script.out.contains("subscriber"),
            "{shell}: {}",
            script.talk
        );
    }
}

#[test]
fn each_command_has_a_page_in_the_manual() {
    let scene = Scene::bare();
    let whole = scene.run(&["man"]).out;
    assert!(whole.contains(".TH tidings 1"), "{whole}");
    assert_eq!(scene.run(&["man", "pages"]).code, 0);
    let pages = scene.names("pages");
    for name in scene.commands() {
        let page = format!("tidings-{name}.1");
        assert!(pages.contains(&page), "{page}: {pages:?}");
        assert!(scene.read(&format!("pages/{page}")).contains(".SH NAME"));
    }
    assert!(
        pages.contains(&"tidings-store-restore.1".to_owned()),
        "{pages:?}"
    );
}

#[test]
fn a_wrong_argument_is_shown_and_turns_no_line_of_a_terminal() {
    let scene = Scene::new();
    for (arguments, shown) in [
        (&["stat\u{202e}us"][..], "stat\\u{202e}us"),
        (
            &["subscriber", "show", "z\u{202e}@x.example"],
            "\\u{202e}@x.example",
        ),
        (
            &["subscriber", "add", "z@x.example", "--name", "A\u{2066}b"],
            "\\u{2066}",
        ),
        // What colours a line is taken out.
        (&["build", "--\u{1b}[31mred"], "--red"),
        (&["status", "-\u{9b}31m"], "\\u{9b}"),
        (
            &["digest", "weekly", "--posts", "a", "\u{2067}"],
            "\\u{2067}",
        ),
    ] {
        let ran = scene.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.talk);
        assert!(ran.talk.contains(shown), "{arguments:?}: {}", ran.talk);
        let is_order =
            |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{2067}".contains(c);
        assert!(
            !ran.talk.contains(is_order),
            "{arguments:?}: {:?}",
            ran.talk
        );
    }
    let ran = scene.run(&["--help"]);
    assert!(
        ran.code == 0 && ran.out.contains("Examples:"),
        "{}",
        ran.out
    );
}
