//! The keys of posts of no generator.

use super::{NO_DATE, assert_rows};

#[test]
fn every_key_of_the_plain_form() {
    let verse = "a / b / c\nTitle: February 18, 2013 - A Day\n\nFirst.\nA heading\nSecond.\n[END OF POST]\n";
    assert_rows(
        "plain",
        &[
            (
                "a-/-b-/-c.md",
                verse,
                "title = A Day\npublished = 2013-02-17T23:00:00Z\npath = /a/b/c/\nsummary = <p>First.</p>",
            ),
            (
                "a.md",
                "Title: February 18, 2013\n\nFirst.\n",
                "title = February 18, 2013\npublished = 2013-02-17T23:00:00Z",
            ),
            (
                "2013-02-18-a.md",
                "Title: A Day\n\nFirst.\n",
                "title = A Day\npublished = 2013-02-17T23:00:00Z",
            ),
            (
                "2013/02/18/a.md",
                "# A Day\n\nFirst.\n",
                "title = A Day\npublished = 2013-02-17T23:00:00Z",
            ),
            ("a.md", "Title: A Day\n\nFirst.\n", NO_DATE),
        ],
    );
}
