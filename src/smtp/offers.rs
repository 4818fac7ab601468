//! The extensions in a relay's reply to EHLO, as far as they are used.

/// The extensions that a relay offers on one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a keyword that is offered or not"
)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) smtputf8: bool,
    pub(super) eight_bit: bool,
    /// Largest message in octets, if SIZE is offered; 0 means no limit (RFC 1870).
    pub(super) size: Option<usize>,
    /// AUTH mechanisms, in upper case.
    pub(super) auth: Vec<String>,
}

impl Offers {
    /// Parses the lines of a reply. The first line is a greeting.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut offers = Self::default();
        for line in lines.iter().skip(1) {
            // Old relays write `AUTH=PLAIN`.
            let (keyword, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            match keyword.trim().to_ascii_uppercase().as_str() {
                "STARTTLS" => offers.starttls = true,
                "PIPELINING" => offers.pipelining = true,
                "SMTPUTF8" => offers.smtputf8 = true,
                "8BITMIME" => offers.eight_bit = true,
                "SIZE" => offers.size = Some(rest.trim().parse().unwrap_or(0)),
                "AUTH" => {
                    let ways = rest.split([' ', '=']).map(str::to_ascii_uppercase);
                    offers.auth.extend(ways.filter(|way| is_mechanism(way)));
                }
                _ => {}
            }
        }
        offers
    }
}

/// Whether a word may name a mechanism (RFC 4422 3.1). An error shows the names that are offered.
fn is_mechanism(word: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=20).contains(&word.len()) && word.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::Offers;

    #[test]
    fn keywords_are_seen_in_whatever_case_and_form() {
        let lines = [
            "PIPELINING", // It greets.
            "8bitmime",
            "Size 1000",
            "AUTH=LOGIN",
            "auth plain xoauth2",
            "SMTPUTF8 ",
            "",
            "X-PIPELINING",
            // A mechanism has none of these names.
            "AUTH PLA\u{1b}]0;x\u{7}IN \u{fffd} ABCDEFGHIJKLMNOPQRSTU é",
        ];
        let offers = Offers::read(&lines.map(str::to_owned));
        let expected = Offers {
            starttls: false,
            pipelining: false,
            smtputf8: true,
            eight_bit: true,
            size: Some(1000),
            auth: ["LOGIN", "PLAIN", "XOAUTH2"].map(str::to_owned).to_vec(),
        };
        assert_eq!(offers, expected);
    }
}
