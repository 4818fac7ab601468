//! How often strangers may ask in an hour of UTC: counted in the store, so that several programs share the limits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, Utc};
use sqlx::{Any, Row, Transaction};

use crate::config::Join;
use crate::reader::Email;
use crate::store::{Result, Store};

const HOUR: i64 = 60 * 60;
/// The row that counts for everybody together.
const ALL: &str = "all";

impl Store {
    /// Counts a request from this network. Returns false if its quota is used up.
    pub(super) async fn take_of_network(
        &self,
        tx: &mut Transaction<'static, Any>,
        network: IpAddr,
        limits: &Join,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        if is_taken(tx, ALL, limits.per_hour, now).await? {
            return Ok(false);
        }
        // Only a mark is kept, which does not reveal the address.
        let what = self
            .fingerprints
            .mark(&format!("network\n{}", find_provider_network(network)));
        take(tx, &what, limits.per_network, now).await
    }

    /// Counts a mail to this address. Returns false if the quota of its domain, or of everybody together, is used up.
    pub(super) async fn take_of_domain(
        &self,
        tx: &mut Transaction<'static, Any>,
        email: &Email,
        limits: &Join,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        // First, so that the rows of an hour are bounded.
        if is_taken(tx, ALL, limits.per_hour, now).await? {
            return Ok(false);
        }
        let what = self
            .fingerprints
            .mark(&format!("domain\n{}", email.domain()));
        Ok(take(tx, &what, limits.per_domain, now).await?
            && take(tx, ALL, limits.per_hour, now).await?)
    }
}

/// Forgets the counts of earlier hours.
pub(super) async fn forget_earlier(
    tx: &mut Transaction<'static, Any>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("DELETE FROM quota WHERE hour < $1")
        .bind(now.timestamp() / HOUR)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn take(
    tx: &mut Transaction<'static, Any>,
    what: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<bool> {
    let taken = sqlx::query(
        "INSERT INTO quota (what, hour, taken) VALUES ($1, $2, 1) \
         ON CONFLICT (what, hour) DO UPDATE SET taken = quota.taken + 1 WHERE quota.taken < $3",
    )
    .bind(what.to_owned())
    .bind(now.timestamp() / HOUR)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() > 0)
}

async fn is_taken(
    tx: &mut Transaction<'static, Any>,
    what: &str,
    most: usize,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = sqlx::query("SELECT taken FROM quota WHERE what = $1 AND hour = $2")
        .bind(what.to_owned())
        .bind(now.timestamp() / HOUR)
        .fetch_optional(&mut **tx)
        .await?;
    let taken = row.map(|row| row.try_get::<i64, _>("taken")).transpose()?;
    Ok(taken.is_some_and(|taken| taken >= i64::try_from(most).unwrap_or(i64::MAX)))
}

/// The network of an address as providers hand them out: the /24 of IPv4, the /56 of IPv6.
fn find_provider_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(address) => {
            let mask = !0_u128 << (128 - 56);
            Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{find_provider_network, forget_earlier};
    use crate::config::Join;
    use crate::store::Store;

    #[test]
    fn a_network_is_what_one_household_or_one_small_firm_has() {
        for (address, network) in [
            ("192.0.2.200", "192.0.2.0"),
            ("::ffff:192.0.2.200", "192.0.2.0"),
            ("2001:db8:1:2345::7", "2001:db8:1:2300::"),
            ("2001:db8:1:2400::7", "2001:db8:1:2400::"),
        ] {
            assert_eq!(
                find_provider_network(address.parse().unwrap()).to_string(),
                network
            );
        }
    }

    #[tokio::test]
    async fn each_hour_has_its_share_and_no_row_comes_beyond_it() {
        let start = DateTime::UNIX_EPOCH;
        let store = Store::open_in_memory(start).await.unwrap();
        let limits = Join {
            per_hour: 5,
            per_domain: 3,
            per_network: 2,
        };
        let rows = async |store: &Store| {
            let query = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM quota");
            query.fetch_one(&store.pool).await.unwrap()
        };
        for hour in 0..3 {
            let now = start + TimeDelta::hours(hour);
            let mut tx = store.begin().await.unwrap();
            forget_earlier(&mut tx, now).await.unwrap();
            let mut taken = 0;
            for n in 0..100 {
                let email = format!("{n}@d{}.example", n % 2).parse().unwrap();
                taken += usize::from(
                    store
                        .take_of_domain(&mut tx, &email, &limits, now)
                        .await
                        .unwrap(),
                );
            }
            assert_eq!(taken, 5);
            // All is taken, so no network makes a row.
            let network = "192.0.2.1".parse().unwrap();
            assert!(
                !store
                    .take_of_network(&mut tx, network, &limits, now)
                    .await
                    .unwrap()
            );
            tx.commit().await.unwrap();
            assert_eq!(rows(&store).await, 3);
        }
        let later = start + TimeDelta::hours(9);
        let mut tx = store.begin().await.unwrap();
        for (address, is_taken) in [
            ("192.0.2.1", true),
            ("192.0.2.9", true),
            ("192.0.2.1", false),
            ("192.0.3.1", true),
        ] {
            let network = address.parse().unwrap();
            assert_eq!(
                store
                    .take_of_network(&mut tx, network, &limits, later)
                    .await
                    .unwrap(),
                is_taken
            );
        }
    }
}
