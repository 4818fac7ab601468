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
