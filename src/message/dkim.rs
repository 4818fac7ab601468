//! DKIM signatures (RFC 6376, RFC 8463, RFC 8301), pure: the keys and the time are given.
//!
//! Canonicalization is relaxed for headers and body. RSA with PKCS #1 v1.5 and Ed25519 need no randomness, so the same
//! message signed again at the same time is the same bytes.

use std::fmt::Write as _;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::message::body_hash::hash_body;

/// The headers that are signed, in this order. The List- headers are always in `h=`: a receiver offers its unsubscribe
/// button only if both are (RFC 8058 4), and nobody can then add one that is missing.
pub(crate) const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Reply-To",
];
/// Smallest RSA key, in bits: receivers reject less than 1,024 and advise 2,048 (RFC 8301 3.2).
const LEAST_BITS: usize = 2048;
/// Longest line of the header, in columns: RFC 5322 2.1.1 asks for at most 78.
const LINE: usize = 72;
/// The octets that are set aside for a signature: one with RSA of 2,048 bits has some 800.
const ROOM: usize = 1024;

/// Signs messages for one domain.
#[derive(Debug, PartialEq, Eq)]
pub struct Signer {
    domain: String,
    keys: Vec<SigningKey>,
    headers: Vec<&'static str>,
}

/// A private key and the selector under which DNS publishes its public key.
pub struct SigningKey {
    selector: String,
    pair: SigningPair,
}

enum SigningPair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Why a text is not a usable signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text holds no private key.
    #[error("this is no private key in PEM form")]
    NoKey,
    /// The key is there, but only for whoever knows its passphrase.
    #[error("this private key is encrypted with a passphrase")]
    Encrypted,
    /// The key is of another kind, malformed or too short.
    #[error("this is neither an RSA key of at least {LEAST_BITS} bits nor an Ed25519 key")]
    Unusable,
}

/// Signature algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA of 2,048 bits with SHA-256, which every receiver supports.
    Rsa,
    /// Ed25519 with SHA-256 (RFC 8463): short and fast, but not supported everywhere.
    Ed25519,
}

impl SigningKey {
    /// Reads a private key in PEM form: PKCS #8, or PKCS #1 for RSA.
    ///
    /// # Errors
    /// If the text is not a usable signing key.
    pub fn from_pem(selector: &str, pem: &str) -> Result<Self, KeyError> {
        // `BEGIN ENCRYPTED PRIVATE KEY` (RFC 7468 11), and `Proc-Type: 4,ENCRYPTED` of older programs (RFC 1421 4.6.1.1).
        let unread = match pem.contains("ENCRYPTED") {
            true => KeyError::Encrypted,
            false => KeyError::NoKey,
        };
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unread)?;
        let rsa = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(KeyError::Unusable),
        };
        let pair = match (rsa, &key) {
            (Ok(rsa), _) if rsa.public_modulus_len() * 8 >= LEAST_BITS => {
                SigningPair::Rsa(Box::new(rsa))
            }
            (Err(_), PrivateKeyDer::Pkcs8(der)) => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
                SigningPair::Ed25519(pair.map_err(|_| KeyError::Unusable)?)
            }
            _ => return Err(KeyError::Unusable),
        };
        Ok(Self {
            selector: selector.to_owned(),
            pair,
        })
    }

    /// Returns the signature algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            SigningPair::Rsa(_) => Algorithm::Rsa,
            SigningPair::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// Returns the DNS name of the public key, without a final dot (RFC 6376 3.6.2.1).
    pub fn dns_name(&self, domain: &str) -> String {
        format!("{}._domainkey.{domain}", self.selector)
    }

    /// Returns the text of the DNS record (RFC 6376 3.6.1).
    pub fn dns_value(&self) -> String {
        let (kind, public) = match &self.pair {
            SigningPair::Rsa(pair) => {
                let der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key());
                (
                    "rsa",
                    der.map(|der| STANDARD.encode(der.as_ref()))
                        .unwrap_or_default(),
                )
            }
            SigningPair::Ed25519(pair) => ("ed25519", STANDARD.encode(pair.public_key())),
        };
        format!("v=DKIM1; k={kind}; p={public}")
    }

    /// Signs data whose headers and body are hashed already.
    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match &self.pair {
            SigningPair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // It fails only for a buffer of another length.
                let _ = pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    data,
                    &mut signature,
                );
                signature
            }
            // Ed25519 signs the hash of the data (RFC 8463 3).
            SigningPair::Ed25519(pair) => pair.sign(sha256(data).as_slice()).as_ref().to_vec(),
        }
    }
}

/// Keys are equal if their DNS records are.
impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.selector == other.selector && self.dns_value() == other.dns_value()
    }
}

impl Eq for SigningKey {}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SigningKey({}, {:?}, …)",
            self.selector,
            self.algorithm()
        )
    }
}

impl Algorithm {
    /// Generates a private key in PEM form (PKCS #8).
    ///
    /// # Panics
    /// If the system has no source of randomness.
    pub fn generate_pem(self) -> String {
        let der = match self {
            Self::Rsa => {
                let pair =
                    RsaKeyPair::generate(KeySize::Rsa2048).expect("the machine has randomness");
                let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("a new key can be written");
                der.as_ref().to_vec()
            }
            Self::Ed25519 => {
                let pair = Ed25519KeyPair::generate().expect("the machine has randomness");
                let der = pair.to_pkcs8v1().expect("a new key can be written");
                der.as_ref().to_vec()
            }
        };
        let base64 = STANDARD.encode(der);
        let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
        for line in base64.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem + "-----END PRIVATE KEY-----\n"
    }
}

impl Signer {
    /// Creates a signer that signs with each key, the first key's signature on top. `h=` omits the headers in `skip`, for
    /// relays that rewrite them, but always lists `From` (RFC 6376 5.4).
    pub fn new(domain: &str, keys: Vec<SigningKey>, skip: &[String]) -> Self {
        let is_skipped = |header: &str| {
            skip.iter()
                .any(|skipped| skipped.eq_ignore_ascii_case(header))
        };
        let headers = SIGNED
            .into_iter()
            .filter(|header| *header == "From" || !is_skipped(header));
        Self {
            domain: domain.to_owned(),
            keys,
            headers: headers.collect(),
        }
    }

    /// Puts a `DKIM-Signature` for each key before a message (RFC 5322 with CRLF). `at` is the time of signing, `t=`.
    pub fn sign(&self, message: &mut Vec<u8>, at: DateTime<Utc>) {
        let hash = hash_body(split(message).1);
        self.sign_hashed(message, at, hash);
    }

    /// As [`Self::sign`], where the body was hashed before.
    pub(super) fn sign_hashed(&self, message: &mut Vec<u8>, at: DateTime<Utc>, hash: [u8; 32]) {
        let fields = split_fields(split(message).0);
        let body_hash = STANDARD.encode(hash);
        let mut names = Vec::new();
        let mut data = String::new();
        for name in &self.headers {
            let own = fields
                .iter()
                .rev()
                .filter(|(own, _)| own.eq_ignore_ascii_case(name));
            let count = own.clone().count();
            // A name listed once more than the message has it forbids adding another such header.
            let times = match *name {
                "From" => count + 1,
                list if list.starts_with("List-") => count.max(1),
                _ => count,
            };
            names.extend(std::iter::repeat_n(*name, times));
            for (own, value) in own {
                relax(own, value, &mut data);
                data.push_str("\r\n");
            }
        }
        let mut signatures = String::new();
        for key in &self.keys {
            signatures.push_str(&self.write_header(key, &names, &body_hash, &data, at));
        }
        message.splice(0..0, signatures.into_bytes());
    }

    /// How many octets the signatures take, about.
    pub(super) fn room(&self) -> usize {
        self.keys.len() * ROOM
    }

    /// Builds the header of one signature, folded to short lines.
    fn write_header(
        &self,
        key: &SigningKey,
        names: &[&str],
        body_hash: &str,
        data: &str,
        at: DateTime<Utc>,
    ) -> String {
        let algorithm = match key.algorithm() {
            Algorithm::Rsa => "rsa-sha256",
            Algorithm::Ed25519 => "ed25519-sha256",
        };
        let mut value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={};",
            self.domain
        );
        let _ = write!(
            value,
            "\r\n s={}; t={};\r\n h=",
            key.selector,
            at.timestamp()
        );
        let mut column = 3;
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                value.push(':');
                column += 1;
            }
            if column + name.len() > LINE {
                value.push_str("\r\n ");
                column = 1;
            }
            value.push_str(name);
            column += name.len();
        }
        let _ = write!(value, ";\r\n bh={body_hash};\r\n b=");
        let mut signed = data.to_owned();
        relax("DKIM-Signature", &value, &mut signed);
        let signature = STANDARD.encode(key.sign(signed.as_bytes()));
        for (at, line) in signature.as_bytes().chunks(LINE - 4).enumerate() {
            if at > 0 {
                value.push_str("\r\n ");
            }
            value.push_str(&String::from_utf8_lossy(line));
        }
        format!("DKIM-Signature: {value}\r\n")
    }
}

/// Splits a message into its head, with its last line end, and its body.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(message, b"\r\n\r\n");
    match end {
        Some(end) => (&message[..end + 2], &message[end + 4..]),
        None => (message, &[]),
    }
}

/// Parses the name and value of each header field, in order.
fn split_fields(head: &[u8]) -> Vec<(String, String)> {
    let head = String::from_utf8_lossy(head);
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split_inclusive("\r\n") {
        match (line.starts_with([' ', '\t']), line.split_once(':')) {
            (true, _) => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push_str(line);
                }
            }
            (false, Some((name, value))) => fields.push((name.to_owned(), value.to_owned())),
            (false, None) => {}
        }
    }
    fields
}

/// Writes a header field in its relaxed form, without the end of its line (RFC 6376 3.4.2).
fn relax(name: &str, value: &str, out: &mut String) {
    out.push_str(&name.trim_end().to_ascii_lowercase());
    out.push(':');
    let mut words = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty());
    out.push_str(words.next().unwrap_or_default());
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
}

fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&SHA256, data).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, KeyError, SigningKey, relax, split, split_fields};

    #[test]
    fn headers_are_relaxed_as_the_rfc_shows() {
        // RFC 6376 3.4.5.
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, body) = split(message);
        assert_eq!(body, b" C \r\nD \t E\r\n\r\n\r\n");
        let mut relaxed = String::new();
        for (name, value) in split_fields(head) {
            relax(&name, &value, &mut relaxed);
            relaxed.push_str("\r\n");
        }
        assert_eq!(relaxed, "a:X\r\nb:Y Z\r\n");
    }

    #[test]
    fn a_key_is_read_again_and_anything_else_is_refused() {
        for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
            let pem = algorithm.generate_pem();
            let key = SigningKey::from_pem("t1", &pem).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(key.dns_name("x.example"), "t1._domainkey.x.example");
            assert!(!format!("{key:?}").contains("PRIVATE"));
        }
        let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        let encrypted =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (pem, error) in [
            ("", KeyError::NoKey),
            (public, KeyError::NoKey),
            (broken, KeyError::Unusable),
            (encrypted, KeyError::Encrypted),
            (old, KeyError::Encrypted),
        ] {
            assert_eq!(SigningKey::from_pem("t1", pem).unwrap_err(), error, "{pem}");
        }
    }
}
