//! What a post shows beside its words: films, sounds, pages that it embeds, pictures.

use crate::feed::{built, in_entries};
use crate::scene::Scene;

/// The text of the entry of a post in a file of this name.
fn content(name: &str, body: &str) -> String {
    let scene = Scene::new().file(&format!("post/{name}"), &format!("---\ntitle: A\ndate: 2024-01-01\n---\n{body}\n"));
    in_entries(&built(&scene).atom, "content").remove(0)
}

#[test]
fn an_element_of_mdx_that_ends_itself_swallows_nothing_of_the_post() {
    for element in
        ["<iframe\n  src=\"https://v.example/e\"\n  style={{\n    width: 1,\n  }}\n/>", "<audio src=\"a.mp3\" />"]
    {
        let html = content("a.mdx", &format!("Before.\n\n{element}\n\nBehind **it**.\n\n## Head"));
        assert!(html.starts_with("<p>Before.</p>") && html.contains("<p>Behind <strong>it</strong>.</p>"), "{html}");
    }
}
