//! `[join]`.

use serde::Deserialize;

use crate::config::value::read_at_least_one;

/// How many confirmation mails strangers can make go out in an hour of UTC; an address gets one a day at most.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Join {
    /// The most in all.
    #[serde(deserialize_with = "read_at_least_one")]
    pub per_hour: usize,
    /// The most to addresses of one domain.
    #[serde(deserialize_with = "read_at_least_one")]
    pub per_domain: usize,
    /// The most requests from one network, a /24 of IPv4 or a /56 of IPv6.
    #[serde(deserialize_with = "read_at_least_one")]
    pub per_network: usize,
}

impl Default for Join {
    fn default() -> Self {
        Self {
            per_hour: 1000,
            per_domain: 300,
            per_network: 20,
        }
    }
}
