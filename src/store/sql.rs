//! The differences between the SQL of both databases, the binding of lists, and the state numbers.

use serde::Serialize;

use crate::ledger::DeliveryState;
use crate::store::connect::StorePlace;

// The numbers of the delivery states, as statements name them.
pub(super) const QUEUED: i16 = DeliveryState::Queued as i16;
pub(super) const SENDING: i16 = DeliveryState::Sending as i16;
pub(super) const SENT: i16 = DeliveryState::Sent as i16;
pub(super) const BOUNCED: i16 = DeliveryState::Bounced as i16;
pub(super) const SUPPRESSED: i16 = DeliveryState::Suppressed as i16;
pub(super) const GIVEN_UP: i16 = DeliveryState::GivenUp as i16;
pub(super) const UNCERTAIN: i16 = DeliveryState::Uncertain as i16;

/// The most numbers that are bound as one list: PostgreSQL slows down on statements over some 15 KB.
pub(super) const MOST_LISTED: usize = 500;

impl StorePlace {
    /// The condition that `column` is among the numbers bound as this parameter.
    pub(super) fn among(&self, column: &str, parameter: &str) -> String {
        let listed = self.list_table(parameter);
        match self {
            // An array is looked up in an index, whatever length the planner assumes for the list.
            Self::Server => {
                format!("{column} = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM {listed}))")
            }
            Self::Memory | Self::File(_) => format!("{column} IN (SELECT value FROM {listed})"),
        }
    }

    /// The condition that `column` is among the texts bound as this parameter, a JSON array.
    pub(super) fn among_texts(&self, column: &str, parameter: &str) -> String {
        let listed = self.list_table(parameter);
        match self {
            Self::Server => format!("{column} = ANY (ARRAY(SELECT value FROM {listed}))"),
            Self::Memory | Self::File(_) => format!("{column} IN (SELECT value FROM {listed})"),
        }
    }

    /// A table of one `value`, from the [`list`] bound as this parameter: one text, prepared once, serves lists of any
    /// length.
    pub(super) fn list_table(&self, parameter: &str) -> String {
        match self {
            Self::Server => {
                format!("jsonb_array_elements_text(CAST({parameter} AS jsonb)) AS listed(value)")
            }
            Self::Memory | Self::File(_) => format!("json_each({parameter}) AS listed"),
        }
    }

    /// All rows as one text, a JSON array of one array a row: row by row they cost ten times as much.
    pub(super) fn as_one(&self, columns: &str) -> String {
        match self {
            Self::Server => {
                format!("CAST(COALESCE(json_agg(json_build_array({columns})), '[]') AS TEXT)")
            }
            Self::Memory | Self::File(_) => format!("json_group_array(json_array({columns}))"),
        }
    }

    /// One row as one text, a JSON array.
    pub(super) fn row(&self, columns: &str) -> String {
        match self {
            Self::Server => format!("CAST(json_build_array({columns}) AS TEXT)"),
            Self::Memory | Self::File(_) => format!("json_array({columns})"),
        }
    }

    /// A table of one `value`, a JSON array each, from the JSON array of them bound as this parameter.
    pub(super) fn elements(&self, parameter: &str) -> String {
        match self {
            Self::Server => {
                format!("json_array_elements(CAST({parameter} AS json)) AS listed(value)")
            }
            Self::Memory | Self::File(_) => format!("json_each({parameter}) AS listed"),
        }
    }

    /// The element at this place of such a `value`.
    pub(super) fn element(&self, at: usize, is_number: bool) -> String {
        match self {
            Self::Server if is_number => format!("CAST(value->>{at} AS BIGINT)"),
            Self::Server => format!("value->>{at}"),
            Self::Memory | Self::File(_) => format!("json_extract(value, '$[{at}]')"),
        }
    }

    /// The domain of the address in this column.
    pub(super) fn domain_of(&self, column: &str) -> String {
        match self {
            Self::Server => format!("SUBSTR({column}, STRPOS({column}, '@') + 1)"),
            Self::Memory | Self::File(_) => format!("SUBSTR({column}, INSTR({column}, '@') + 1)"),
        }
    }

    /// Keeps the rows of this table to the end of the transaction; SQLite has one writer anyway.
    pub(super) fn hold(&self, table: &str) -> String {
        match self {
            Self::Server => format!(" FOR UPDATE OF {table}"),
            Self::Memory | Self::File(_) => String::new(),
        }
    }

    /// A table of `key` and `value`, from the JSON object bound as this parameter.
    pub(super) fn pair_table(&self, parameter: &str) -> String {
        match self {
            Self::Server => format!("jsonb_each_text(CAST({parameter} AS jsonb)) AS paired"),
            Self::Memory | Self::File(_) => format!("json_each({parameter}) AS paired"),
        }
    }
}

/// Numbers as one value to bind: a JSON array.
pub(super) fn list<T: Serialize>(numbers: &[T]) -> String {
    serde_json::json!(numbers).to_string()
}
