//! How far a post's text may grow while it becomes HTML.

use std::cell::Cell;

use crate::finding::{Finding, Rule};

/// How many times as long as its source a body may be.
const GROWTH: usize = 16;
/// The length in bytes that every body may have, and the one that none may exceed.
const LEAST: usize = 1 << 20;
const MOST: usize = 32 << 20;

/// One allowance for all that expands a text: shortcodes, variables, captures, components and addresses.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    left: Cell<usize>,
    is_spent: Cell<bool>,
}

impl Budget {
    /// The budget for a source.
    pub(super) fn for_source(source: &str) -> Self {
        let limit = source.len().saturating_mul(GROWTH).clamp(LEAST, MOST);
        Self {
            limit,
            left: Cell::new(limit),
            is_spent: Cell::new(false),
        }
    }

    /// Takes bytes from the budget. Returns whether there were as many left.
    pub(super) fn take(&self, length: usize) -> bool {
        match self.left.get().checked_sub(length) {
            Some(left) => self.left.set(left),
            None => self.is_spent.set(true),
        }
        !self.is_spent.get()
    }

    /// Whether the budget was exceeded.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// # Errors
    /// A finding if the budget was exceeded, or a text of this length exceeds the limit.
    pub(super) fn check(&self, length: usize) -> Result<(), Finding> {
        if !self.is_spent.get() && length <= self.limit {
            return Ok(());
        }
        let finding = Finding::error(
            Rule::TextTooLarge,
            format!(
                "the text grows to more than {} KiB, {GROWTH} times its source",
                self.limit >> 10
            ),
        );
        Err(finding.hint("shorten what it repeats, or split the post"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, LEAST, MOST};

    #[test]
    fn a_budget_grows_with_its_source_between_two_bounds() {
        for (source, limit) in [(0, LEAST), (100 << 10, 1600 << 10), (8 << 20, MOST)] {
            let budget = Budget::for_source(&"x".repeat(source));
            assert!(budget.take(limit), "{source}");
            assert!(budget.check(limit).is_ok(), "{source}");
            assert!(budget.check(limit + 1).is_err(), "{source}");
            assert!(!budget.take(1), "{source}");
            assert!(budget.check(0).is_err(), "{source}");
        }
    }
}
