//! How many connections are open from each network, so that none takes them all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The number of open connections by their network: an address, or the 64 bits of IPv6 that a household has.
#[derive(Debug, Default, Clone)]
pub(super) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// The place of a connection; it is free again when it is dropped.
#[derive(Debug)]
pub(super) struct CrowdPlace {
    crowd: Crowd,
    network: IpAddr,
}

impl Crowd {
    /// A place for a connection from this address, if its network has fewer than `most`.
    pub(super) fn enter(&self, from: IpAddr, most: usize) -> Option<CrowdPlace> {
        let network = find_client_network(from);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.entry(network).or_default();
        if *number >= most {
            return None;
        }
        *number += 1;
        Some(CrowdPlace {
            crowd: self.clone(),
            network,
        })
    }
}

impl Drop for CrowdPlace {
    fn drop(&mut self) {
        let open = &mut self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = open.get_mut(&self.network) {
            *number -= 1;
            if *number == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// Whether the connections from this address are one client's: a proxy, named or on this machine, brings those of many.
pub(super) fn is_one_client(from: IpAddr, proxies: &[IpAddr]) -> bool {
    let from = from.to_canonical();
    !from.is_loopback() && !proxies.contains(&from)
}

/// The addresses that one client has: one of IPv4, a /64 of IPv6. The hourly limits of the store count wider networks.
fn find_client_network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Crowd, is_one_client};

    #[test]
    fn a_network_has_so_many_places_and_others_have_theirs() {
        for (same, other) in [
            ("192.0.2.1", "192.0.2.2"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
            ("2001:db8::1", "2001:db8:0:1::1"),
        ] {
            let (same, other) = (same.parse().unwrap(), other.parse().unwrap());
            let crowd = Crowd::default();
            let mut places: Vec<_> = (0..3).map_while(|_| crowd.enter(same, 3)).collect();
            assert_eq!(places.len(), 3);
            assert!(crowd.enter(same, 3).is_none());
            let elsewhere = crowd.enter(other, 3);
            assert!(elsewhere.is_some());
            places.pop();
            assert!(crowd.enter(same, 3).is_some());
            drop((places, elsewhere));
            assert!(crowd.0.lock().unwrap().is_empty());
        }
        let crowd = Crowd::default();
        let _first = crowd.enter("2001:db8::1".parse().unwrap(), 1).unwrap();
        assert!(
            crowd
                .enter("2001:db8::ffff:1".parse().unwrap(), 1)
                .is_none()
        );
    }

    #[test]
    fn a_proxy_is_not_one_client() {
        let proxies = ["10.0.0.1".parse().unwrap()];
        for (from, is_one) in [
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("10.0.0.2", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("127.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(
                is_one_client(from.parse().unwrap(), &proxies),
                is_one,
                "{from}"
            );
        }
    }
}
