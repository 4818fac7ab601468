//! Two characters that a text does not use, to mark places in it.

use crate::finding::Finding;

/// The private characters whose numbers are `E` and three decimal digits.
const FIRST: u32 = 0xe000;
const COUNT: usize = 0x99a;

/// What stands in a text while it becomes HTML. No character that a post writes, nor any reference like `&#xE020;`, is
/// taken for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// Stands on both sides of a slot's number, where HTML belongs that Markdown must not touch.
    pub(super) slot: char,
    /// Stands where the summary ends.
    pub(super) more: char,
}

impl Marks {
    /// Marks that occur in none of these texts, neither as themselves nor by their number.
    ///
    /// # Errors
    /// A finding where the texts use all that there are.
    pub(super) fn absent_from<'a>(
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Finding> {
        let mut used = vec![false; COUNT];
        let mut spent = |number: Option<u32>| {
            let place = number.and_then(|number| usize::try_from(number.checked_sub(FIRST)?).ok());
            if let Some(place) = place.and_then(|place| used.get_mut(place)) {
                *place = true;
            }
        };
        for text in texts {
            // All of these begin with the first byte of a private character, with an `e` or with a 5.
            for (at, byte) in text.bytes().enumerate() {
                match byte {
                    0xee => spent(text[at..].chars().next().map(u32::from)),
                    b'e' | b'E' => spent(
                        text.get(at..at + 4)
                            .and_then(|hex| u32::from_str_radix(hex, 16).ok()),
                    ),
                    b'5' => spent(
                        text.get(at..at + 5)
                            .and_then(|decimal| decimal.parse().ok()),
                    ),
                    _ => {}
                }
            }
        }
        let mut free = (FIRST..)
            .zip(&used)
            .filter(|(_, used)| !**used)
            .filter_map(|(number, _)| char::from_u32(number));
        match (free.next(), free.next()) {
            (Some(slot), Some(more)) => Ok(Self { slot, more }),
            _ => Err(
                Finding::error("the text uses every private character of Unicode")
                    .way_out("leave out a few"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn a_mark_is_no_character_that_the_text_writes_or_names() {
        for (text, slot, more) in [
            ("", '\u{e000}', '\u{e001}'),
            (
                "\u{e000} &#xE001; &#x00e002; &#57347; &#057348;",
                '\u{e005}',
                '\u{e006}',
            ),
            ("\\ue000 and &#xe0020;", '\u{e001}', '\u{e003}'),
        ] {
            assert_eq!(
                Marks::absent_from([text]).unwrap(),
                Marks { slot, more },
                "{text}"
            );
        }
        let all: String = ('\u{e000}'..='\u{e999}').collect();
        assert!(
            Marks::absent_from([all.as_str()])
                .unwrap_err()
                .message
                .contains("every private character")
        );
    }
}
