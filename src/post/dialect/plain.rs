//! The plain form, and posts of no known generator.

use crate::post::dialect::rules::{BASE, Closes, OwnAddress, Rules};

pub(super) static RULES: Rules = Rules {
    guards_private: true,
    dates_apart: true,
    backslash_is_tex: true,
    own_address: OwnAddress::TemplateOrTokens,
    closes: Closes::Key("path"),
    ..BASE
};
