//! The header of a list: in which column the address, the name, the state and the digests stand.

use crate::subscriber::standing::{Standing, fold};

/// The positions of the columns.
pub(super) struct Columns {
    pub(super) email: usize,
    /// The whole name, or its parts in their order.
    pub(super) names: Vec<usize>,
    pub(super) digests: Option<usize>,
    /// The columns of the earlier state.
    pub(super) standing: Standing,
    /// The names of the columns that nothing is taken from.
    pub(super) unused: Vec<String>,
}

/// The usual names of the column with the address, as [`fold`] leaves them; the first that is there counts.
const EMAIL: &[&str] = &[
    "email",
    "emailaddress",
    "subscriberemail",
    "useremail",
    "contactemail",
    "customeremail",
    "memberemail",
    "primaryemail",
    "email1value",
    "email1",
    "mailaddress",
    "mail",
    "emailadresse",
    "adresseemail",
    "adressemail",
    "correoelectronico",
    "correoelectrónico",
];
const NAME: &[&str] = &["name", "fullname", "displayname", "subscribername"];
const FIRST_NAME: &[&str] = &[
    "firstname",
    "fname",
    "givenname",
    "vorname",
    "prénom",
    "prenom",
];
const LAST_NAME: &[&str] = &["lastname", "lname", "familyname", "surname", "nachname"];

impl Columns {
    /// The columns of a list of addresses alone.
    pub(super) fn bare(file: &str) -> Self {
        Self {
            email: 0,
            names: Vec::new(),
            digests: None,
            standing: Standing::find(&[], file),
            unused: Vec::new(),
        }
    }

    /// Finds them in the header; `None` if there is no column of addresses.
    pub(super) fn find(header: &[String], file: &str) -> Option<Self> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let find = |names: &[&str]| {
            names
                .iter()
                .find_map(|wanted| folded.iter().position(|name| name == wanted))
        };
        let names = match find(NAME) {
            Some(at) => vec![at],
            None => [FIRST_NAME, LAST_NAME]
                .into_iter()
                .filter_map(find)
                .collect(),
        };
        // Its plain name counts before all others.
        let plain = header
            .iter()
            .position(|name| name.eq_ignore_ascii_case("email"));
        let mut columns = Self {
            email: plain.or_else(|| find(EMAIL))?,
            names,
            digests: find(&["digests"]),
            standing: Standing::find(&folded, file),
            unused: Vec::new(),
        };
        for (at, name) in header.iter().enumerate() {
            if !columns.is_read(at) && !name.is_empty() {
                columns.unused.push(name.clone());
            }
        }
        Some(columns)
    }

    /// Whether something is taken from the column.
    pub(super) fn is_read(&self, column: usize) -> bool {
        column == self.email
            || self.names.contains(&column)
            || self.digests == Some(column)
            || self.standing.is_read(column)
    }
}
