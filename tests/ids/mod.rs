//! Ids that stay: through renames, copies, lost locks, and from other generators.

mod adopted;
mod kept;
mod moved;

use crate::feed::site;
use crate::scene::Scene;

fn two() -> Scene {
    site(&[
        ("tea.md", "title: Tea\ndate: 2024-05-01", "Hot."),
        ("rain.md", "title: Rain\ndate: 2023-04-01", "Wet."),
    ])
}
