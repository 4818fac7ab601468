//! Signed links and fingerprints: what a reader may do by a link, unforgeable, revealing nothing. Keys are given.

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use data_encoding::BASE32_NOPAD_NOCASE;

use crate::ledger::{IssueId, KeyNumber};
use crate::reader::{Email, ReaderId};

/// A random 63-bit number: an id that says nothing.
///
/// # Panics
/// If the machine has no randomness, which leaves nothing safe to do.
pub fn random_id() -> i64 {
    random_numbers::<1>(1)[0][0]
}

/// So many rows of random 63-bit numbers, from the system: the library's own source takes 20 ms to begin.
fn random_numbers<const N: usize>(count: usize) -> Vec<[i64; N]> {
    let mut bytes = vec![0; 8 * N * count];
    getrandom::fill(&mut bytes).expect("the machine has randomness");
    let (numbers, _) = bytes.as_chunks::<8>();
    let (rows, _) = numbers.as_chunks::<N>();
    let number = |bytes| i64::from_be_bytes(bytes) & i64::MAX;
    rows.iter().map(|row| row.map(number)).collect()
}

/// The numbers of keys that a store did not make: its own begin far below.
const FIRST_OF_OWNER: i64 = 10_000;
const NUMBERS_OF_OWNER: u16 = 50_000;

/// So many places at which ids grow.
const TAILS: usize = 64;

/// Random ids of which many stand near each other, so that an index takes them at few places; in no order, so that whoever
/// came in one after the other stands apart. Their distances are of a size that is random too: two of them do not tell how
/// many stand between.
#[derive(Debug)]
pub(crate) struct Ids {
    /// The last id at each place, and the largest distance to the next.
    tails: Vec<(i64, i64)>,
}

impl Ids {
    /// Ids at places of their own.
    ///
    /// # Panics
    /// As [`random_id`].
    pub(crate) fn new() -> Self {
        let tails = random_numbers(TAILS).into_iter();
        Self {
            tails: tails
                .map(|[tail, size]| (tail, 1 << (32 + size % 8)))
                .collect(),
        }
    }

    /// So many.
    ///
    /// # Panics
    /// As [`random_id`].
    pub(crate) fn take(&mut self, count: usize) -> Vec<i64> {
        let mut ids = Vec::with_capacity(count);
        for [place, distance, order] in random_numbers(count) {
            let at = usize::try_from(place).unwrap_or(0) % TAILS;
            let (tail, stride) = &mut self.tails[at];
            let next = tail.checked_add(1 + distance % *stride);
            *tail = next.unwrap_or_else(random_id);
            ids.push((order, *tail));
        }
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }
}

/// A secret of 32 bytes with its number.
#[derive(Clone)]
pub struct Key {
    number: KeyNumber,
    bytes: [u8; 32],
    /// The key with its HMAC prepared: a reader's link costs one signature.
    ready: hmac::Key,
}

impl Key {
    fn new(number: KeyNumber, bytes: [u8; 32]) -> Self {
        Self {
            number,
            bytes,
            ready: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        }
    }

    /// A new one.
    ///
    /// # Panics
    /// If the machine has no randomness.
    pub fn generate(number: KeyNumber) -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the machine has randomness");
        Self::new(number, bytes)
    }

    /// The key of this text: base64 of 32 bytes.
    pub fn from_text(number: KeyNumber, text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?.try_into().ok()?;
        Some(Self::new(number, bytes))
    }

    /// A key of the owner's own, beside those of a store: its number follows from it, so that links outlive a restart, and
    /// has room in an address.
    pub(crate) fn of_owner(text: &str) -> Option<Self> {
        let key = Self::from_text(KeyNumber::NONE, text)?;
        let hash = digest::digest(&digest::SHA256, &key.bytes);
        let number = u16::from_be_bytes([hash.as_ref()[0], hash.as_ref()[1]]);
        let number = KeyNumber::from(FIRST_OF_OWNER + i64::from(number % NUMBERS_OF_OWNER));
        Some(Self { number, ..key })
    }

    /// The text to keep.
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.bytes)
    }

    /// Its number, which a token bears.
    pub fn number(&self) -> KeyNumber {
        self.number
    }

    /// A key of the same number that no store knows: what it signs looks like a token and permits nothing.
    #[must_use]
    pub fn for_show(&self) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.mac(b"key for show\n").as_ref());
        Self::new(self.number, bytes)
    }

    /// The number of the issue that fills this slot of a digest after so many others: known before it is frozen, so that
    /// a dry run shows the same ids, and to nobody without the key.
    pub fn issue(&self, digest: &str, slot: &str, earlier: usize) -> IssueId {
        let mac = self.mac(format!("issue\n{digest}\n{slot}\n{earlier}").as_bytes());
        let number = mac.as_ref()[..8]
            .iter()
            .fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        IssueId::from((number & i64::MAX).max(1))
    }

    fn mac(&self, text: &[u8]) -> hmac::Tag {
        hmac::sign(&self.ready, text)
    }

    /// The stand-in for an erased address: an HMAC of its normal form, in hex.
    pub fn fingerprint(&self, email: &Email) -> String {
        self.mark(&email.normal())
    }

    /// The stand-in for a text that must not be kept: an HMAC of it, in hex.
    pub fn mark(&self, text: &str) -> String {
        let mac = self.mac(text.as_bytes());
        let number = mac.as_ref()[..16]
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        format!("{number:032x}")
    }

    /// The token of this claim.
    pub fn sign(&self, claim: &Claim) -> String {
        let mut token = claim.to_bytes(self.number);
        let mac = self.mac(&token);
        token.extend_from_slice(&mac.as_ref()[..16]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The token of this claim as the local part of an address bears it: 45 characters, since an address takes 64 (RFC 5321
    /// 4.5.3.1.1), and of one case, since there are relays that fold it. None where the key's number has no room.
    pub fn sign_for_address(&self, claim: &Claim) -> Option<String> {
        let mut token = u16::try_from(self.number.number())
            .ok()?
            .to_be_bytes()
            .to_vec();
        token.extend_from_slice(&claim.reader.number().to_be_bytes());
        token.extend_from_slice(&claim.issue.number().to_be_bytes());
        token.extend_from_slice(&self.address_mac(claim).as_ref()[..ADDRESS_MAC]);
        Some(BASE32_NOPAD_NOCASE.encode(&token).to_ascii_lowercase())
    }

    fn address_mac(&self, claim: &Claim) -> hmac::Tag {
        let mut text = b"address\n".to_vec();
        text.extend_from_slice(&claim.to_bytes(self.number));
        self.mac(&text)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}, …)", self.number.number())
    }
}

/// The action that a link permits. The numbers are those in tokens and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Leave the digest.
    Leave = 1,
    /// Confirm that they want the digests for which they were signed up.
    Confirm = 2,
    /// Nothing: where a bounce of this mail goes.
    Bounce = 3,
    /// See and change what is kept of the reader.
    Preferences = 4,
}

/// The claim of a token: an action, its reader, and the issue whose mail contained the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The action that is granted.
    pub purpose: Purpose,
    /// The reader to whom it was issued.
    pub reader: ReaderId,
    /// From which mail.
    pub issue: IssueId,
}

const CLAIM_BYTES: usize = 1 + 8 + 8 + 8;
/// How many bytes of the signature an address has room for: 80 bits, which nobody can try over mail.
const ADDRESS_MAC: usize = 10;
const ADDRESS_BYTES: usize = 2 + 8 + 8 + ADDRESS_MAC;
/// The characters of a token in an address.
pub(crate) const ADDRESS_TOKEN: usize = ADDRESS_BYTES * 8 / 5 + 1;

impl Claim {
    fn to_bytes(self, key: KeyNumber) -> Vec<u8> {
        let mut bytes = vec![self.purpose as u8];
        bytes.extend_from_slice(&key.number().to_be_bytes());
        bytes.extend_from_slice(&self.reader.number().to_be_bytes());
        bytes.extend_from_slice(&self.issue.number().to_be_bytes());
        bytes
    }

    /// The claim of a token that one of these keys signed for this purpose, in either form.
    pub fn verify(token: &str, purpose: Purpose, keys: &[Key]) -> Option<Self> {
        if token.len() == ADDRESS_TOKEN {
            return Self::verify_address(token, purpose, keys);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (claim, mac) = bytes.split_at_checked(CLAIM_BYTES)?;
        let number = |at: usize| claim[at..at + 8].try_into().map(i64::from_be_bytes).ok();
        let key = keys
            .iter()
            .find(|key| Some(key.number.number()) == number(1))?;
        aws_lc_rs::constant_time::verify_slices_are_equal(mac, &key.mac(claim).as_ref()[..16])
            .ok()?;
        if claim[0] != purpose as u8 {
            return None;
        }
        Some(Self {
            purpose,
            reader: number(9)?.into(),
            issue: number(17)?.into(),
        })
    }

    fn verify_address(token: &str, purpose: Purpose, keys: &[Key]) -> Option<Self> {
        let bytes = BASE32_NOPAD_NOCASE.decode(token.as_bytes()).ok()?;
        let (text, mac) = bytes.split_at_checked(ADDRESS_BYTES - ADDRESS_MAC)?;
        let number = |at: usize| text[at..at + 8].try_into().map(i64::from_be_bytes).ok();
        let key_number = KeyNumber::from(i64::from(u16::from_be_bytes([text[0], text[1]])));
        let key = keys.iter().find(|key| key.number == key_number)?;
        let claim = Self {
            purpose,
            reader: number(2)?.into(),
            issue: number(10)?.into(),
        };
        let ours = key.address_mac(&claim);
        aws_lc_rs::constant_time::verify_slices_are_equal(mac, &ours.as_ref()[..ADDRESS_MAC])
            .ok()?;
        Some(claim)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{ADDRESS_TOKEN, Claim, Ids, Key, Purpose, TAILS};

    fn key(number: i64) -> Key {
        Key::new(number.into(), [7; 32])
    }

    #[test]
    fn a_token_says_what_was_signed_and_nothing_else() {
        let claim = Claim {
            purpose: Purpose::Leave,
            reader: 42.into(),
            issue: 7.into(),
        };
        let token = key(1).sign(&claim);
        assert_eq!(
            Claim::verify(&token, Purpose::Leave, &[key(1)]),
            Some(claim)
        );
        assert_eq!(Claim::verify(&token, Purpose::Leave, &[key(2)]), None);
        assert_eq!(
            Claim::verify(&token, Purpose::Leave, &[Key::new(1.into(), [8; 32])]),
            None
        );
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert_ne!(
                Claim::verify(
                    std::str::from_utf8(&forged).unwrap(),
                    Purpose::Leave,
                    &[key(1)]
                ),
                Some(claim),
                "at {at}"
            );
        }
        assert_eq!(Claim::verify("", Purpose::Leave, &[key(1)]), None);
    }

    #[test]
    fn a_token_for_another_purpose_or_for_show_permits_nothing() {
        let claim = Claim {
            purpose: Purpose::Leave,
            reader: 42.into(),
            issue: 7.into(),
        };
        // This is how a later purpose would be signed.
        let mut bytes = claim.to_bytes(1.into());
        bytes[0] = 2;
        let mac = key(1).mac(&bytes);
        bytes.extend_from_slice(&mac.as_ref()[..16]);
        let other = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(Claim::verify(&other, Purpose::Leave, &[key(1)]), None);

        let shown = key(1).for_show();
        let token = shown.sign(&claim);
        assert_eq!(token.len(), key(1).sign(&claim).len());
        assert_eq!(Claim::verify(&token, Purpose::Leave, &[key(1)]), None);
        assert_eq!(
            token,
            key(1).for_show().sign(&claim),
            "it is the same each time"
        );
        assert_ne!(shown.to_text(), key(1).to_text());
    }

    #[test]
    fn a_token_in_an_address_is_short_of_one_case_and_for_one_purpose() {
        let claim = Claim {
            purpose: Purpose::Bounce,
            reader: i64::MAX.into(),
            issue: 7.into(),
        };
        let token = key(100).sign_for_address(&claim).unwrap();
        assert_eq!(token.len(), ADDRESS_TOKEN);
        assert!(format!("bounces+{token}").len() <= 64);
        assert_eq!(token, token.to_lowercase());
        let verify = |token: &str, purpose, keys: &[Key]| Claim::verify(token, purpose, keys);
        for folded in [token.clone(), token.to_uppercase()] {
            assert_eq!(
                verify(&folded, Purpose::Bounce, &[key(100)]),
                Some(claim),
                "{folded}"
            );
        }
        assert_eq!(verify(&token, Purpose::Leave, &[key(100)]), None);
        assert_eq!(verify(&token, Purpose::Confirm, &[key(100)]), None);
        assert_eq!(verify(&token, Purpose::Bounce, &[key(101)]), None);
        assert_eq!(
            verify(&token, Purpose::Bounce, &[key(100).for_show()]),
            None
        );
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(
                verify(&forged, Purpose::Bounce, &[key(100)]),
                None,
                "at {at}"
            );
        }
        assert_eq!(key(70_000).sign_for_address(&claim), None);
    }

    #[test]
    fn an_issue_of_one_slot_has_one_number() {
        let number = |key: &Key, digest: &str, slot: &str| key.issue(digest, slot, 3);
        let one = number(&key(1), "weekly", "2024-01-01");
        assert_eq!(one, number(&key(1), "weekly", "2024-01-01"));
        for other in [
            number(&key(1), "weekly", "2024-01-08"),
            number(&key(1), "daily", "2024-01-01"),
            number(&Key::new(1.into(), [8; 32]), "weekly", "2024-01-01"),
            key(1).issue("weekly", "2024-01-01", 4),
        ] {
            assert_ne!(one, other);
        }
        assert!(one.number() > 0);
    }

    #[test]
    fn ids_stand_at_few_places_and_in_no_order() {
        let mut ids = Ids::new();
        let all = [ids.take(1000), ids.take(1000)].concat();
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 2000, "each once");
        let jumps = |ids: &[i64]| {
            let pairs = ids.windows(2);
            pairs
                .filter(|pair| pair[0].abs_diff(pair[1]) > 1 << 41)
                .count()
        };
        assert!(jumps(&sorted) <= TAILS, "{}", jumps(&sorted));
        assert!(jumps(&all) > 1800, "{}", jumps(&all));
    }

    #[test]
    fn a_fingerprint_is_the_same_for_one_person() {
        let fingerprint = |text: &str| key(1).fingerprint(&text.parse().unwrap());
        assert_eq!(fingerprint("Ada@X.example"), fingerprint("ada@x.EXAMPLE"));
        assert_ne!(fingerprint("ada@x.example"), fingerprint("bob@x.example"));
    }

    #[test]
    fn a_key_of_the_owner_has_the_same_number_each_time_and_room_in_an_address() {
        let text = key(1).to_text();
        let own = Key::of_owner(&text).unwrap();
        assert_eq!(own.number(), Key::of_owner(&text).unwrap().number());
        assert!((10_000..60_000).contains(&own.number().number()));
        let claim = Claim {
            purpose: Purpose::Preferences,
            reader: 42.into(),
            issue: 7.into(),
        };
        let token = own.sign_for_address(&claim).unwrap();
        for token in [token, own.sign(&claim)] {
            let verified = Claim::verify(&token, Purpose::Preferences, &[key(1), own.clone()]);
            assert_eq!(verified, Some(claim));
        }
        for text in ["", "tea", &text[1..], &format!("{text}{text}")] {
            assert!(Key::of_owner(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_does_not_show() {
        assert_eq!(format!("{:?}", key(3)), "Key(3, …)");
        assert_eq!(
            Key::from_text(3.into(), &key(3).to_text()).unwrap().bytes,
            [7; 32]
        );
    }
}
