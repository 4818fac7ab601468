//! Signatures of texts, in a few bytes: enough to recognise a post after small edits.

use xxhash_rust::xxh3::xxh3_64;

/// Fewer words than this are a short text: one edit changes too much of it to compare.
const SHORT: usize = 16;
/// How many of the 64 bits differ at most between two versions of one text.
const NEAR: u32 = 14;
/// How many differ at least between two texts; unrelated ones differ in about 32.
const FAR: u32 = 21;
/// The signature of a text without words.
const EMPTY: u64 = 1;
/// The signature of a text that was never read.
const UNREAD: u64 = 3;

/// The simhash of a text's pairs of words. The lowest bit marks a short text, whose plain hash it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(u64);

/// The comparison of two texts by their signatures; the likest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// They are one text, but for small edits.
    Same,
    /// They are one short text, as many posts may have it.
    SameShort,
    /// Not known.
    Unknown,
    /// They are two texts.
    Other,
}

impl Likeness {
    /// Whether they are one text, long or short.
    pub fn is_same(self) -> bool {
        matches!(self, Self::Same | Self::SameShort)
    }
}

impl Signature {
    /// The signature of a text that is not known.
    pub const UNKNOWN: Self = Self(UNREAD);

    /// The signature of a post's text without its front matter. Case, spaces, markup and line breaks do not count.
    pub fn from_text(text: &str) -> Self {
        let words = hashes_of_words(text);
        if words.is_empty() {
            return Self(EMPTY);
        }
        if words.len() < SHORT {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            return Self(xxh3_64(&bytes) | 1);
        }
        Self(majority(&words) & !1)
    }

    /// Compares two texts by their signatures.
    pub fn compare(self, other: Self) -> Likeness {
        if [self.0, other.0]
            .iter()
            .any(|bits| matches!(*bits, EMPTY | UNREAD))
        {
            return Likeness::Unknown;
        }
        if self.0 & 1 == 1 || other.0 & 1 == 1 {
            return match self == other {
                true => Likeness::SameShort,
                false => Likeness::Unknown,
            };
        }
        match (self.0 ^ other.0).count_ones() {
            0..=NEAR => Likeness::Same,
            FAR.. => Likeness::Other,
            _ => Likeness::Unknown,
        }
    }

    /// Whether its text is known to be short.
    pub fn is_short(self) -> bool {
        self.0 & 1 == 1 && self != Self::UNKNOWN
    }

    /// The bits, for storage.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The signature of these bits, as they were kept.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// A hash of each word in lower case; each sign of a script that sets no spaces counts as one.
fn hashes_of_words(text: &str) -> Vec<u64> {
    let mut words = Vec::new();
    let mut word = String::new();
    for part in text.split(|c: char| !c.is_alphanumeric()) {
        if part.is_empty() {
            continue;
        }
        if part.is_ascii() {
            word.clear();
            word.push_str(part);
            word.make_ascii_lowercase();
            words.push(xxh3_64(word.as_bytes()));
            continue;
        }
        word.clear();
        for c in part.chars().flat_map(char::to_lowercase) {
            if c < '\u{2e80}' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                words.push(xxh3_64(word.as_bytes()));
                word.clear();
            }
            words.push(xxh3_64(c.encode_utf8(&mut [0; 4]).as_bytes()));
        }
        if !word.is_empty() {
            words.push(xxh3_64(word.as_bytes()));
        }
    }
    words
}

/// How many pairs can be counted in a byte.
const COUNTED: usize = 255;

/// For each byte, its bits in a byte each: so eight bits are counted by one addition.
const SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            spread[byte] |= (byte as u64 >> bit & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    spread
};

/// The bits that are set in more than half of the hashes of the pairs of words.
fn majority(words: &[u64]) -> u64 {
    let mut counts = [0_usize; 64];
    let mut pairs = words.windows(2);
    loop {
        let mut sums = [0_u64; 8];
        let mut counted = 0;
        for pair in pairs.by_ref().take(COUNTED) {
            counted += 1;
            let hash = mix(pair[0], pair[1]).to_le_bytes();
            for (sum, byte) in sums.iter_mut().zip(hash) {
                *sum += SPREAD[usize::from(byte)];
            }
        }
        if counted == 0 {
            break;
        }
        let sums = sums.into_iter().flat_map(u64::to_le_bytes);
        for (count, sum) in counts.iter_mut().zip(sums) {
            *count += usize::from(sum);
        }
    }
    let half = words.len().saturating_sub(1) / 2;
    let set = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > half);
    set.fold(0, |bits, (bit, _)| bits | 1 << bit)
}

fn mix(one: u64, other: u64) -> u64 {
    let mixed = (one.rotate_left(23) ^ other).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::{Likeness, Signature, hashes_of_words, majority, mix};

    const TEA: &str = "The kettle was on before the pager went, and the pager went before the tea was cold. \
                       Nobody wrote down why the lights in the hall were green that night, but they were, and \
                       the machines hummed on as if they knew.";
    const RAIN: &str = "It rained on the roof of the old station for nine days. On the tenth the river stood in the \
                        yard, the cat moved upstairs, and we learned which of the cables had never been earthed \
                        by the people who laid them.";

    fn compare(one: &str, other: &str) -> Likeness {
        Signature::from_text(one).compare(Signature::from_text(other))
    }

    #[test]
    fn small_edits_leave_a_text_the_same_and_another_text_is_another() {
        let table = [
            (TEA.to_owned(), TEA.to_uppercase()),
            (TEA.to_owned(), TEA.replace(". ", ".\n\n")),
            (TEA.to_owned(), TEA.replace("kettle", "teapot")),
            (TEA.to_owned(), format!("{TEA} I have not slept since.")),
            (
                TEA.repeat(9),
                format!("Update: it was the fuse. {}", TEA.repeat(9)),
            ),
            (
                "夜番の茶は冷めた。誰も理由を書かなかった。".repeat(2),
                "夜番の茶は冷めた。誰も訳を書かなかった。".repeat(2),
            ),
        ];
        for (one, other) in table {
            assert_eq!(compare(&one, &other), Likeness::Same, "{other}");
        }
        assert_eq!(compare(TEA, RAIN), Likeness::Other);
        assert_eq!(compare(&TEA.repeat(20), &RAIN.repeat(20)), Likeness::Other);
    }

    #[test]
    fn a_short_text_is_the_same_or_says_nothing() {
        assert_eq!(compare("Hot *tea*.", "hot tea"), Likeness::SameShort);
        assert_eq!(compare("Hot tea.", "Cold tea."), Likeness::Unknown);
        assert_eq!(compare("Hot tea.", TEA), Likeness::Unknown);
        assert_eq!(compare("", ""), Likeness::Unknown);
        assert_eq!(compare("- * -", TEA), Likeness::Unknown);
        let unknown = Signature::UNKNOWN;
        assert_eq!(unknown.compare(unknown), Likeness::Unknown);
    }

    #[test]
    fn a_bit_is_set_where_more_than_half_of_the_pairs_set_it() {
        // Also beyond what one byte counts, with as many pairs set as not.
        for times in [1, 2, 6, 7, 13, 60] {
            let text = TEA.repeat(times);
            let words = hashes_of_words(&text);
            for words in [&words[..], &words[1..], &words[..17], &words[..2]] {
                let mut expected = 0;
                for bit in 0..64 {
                    let mut more = 0_i32;
                    for pair in words.windows(2) {
                        let is_set = mix(pair[0], pair[1]) >> bit & 1 == 1;
                        more += if is_set { 1 } else { -1 };
                    }
                    expected |= u64::from(more > 0) << bit;
                }
                assert_eq!(majority(words), expected, "{} words", words.len());
            }
        }
    }

    #[test]
    fn a_signature_that_was_kept_is_the_same() {
        let signature = Signature::from_text(TEA);
        assert_eq!(Signature::from_bits(signature.bits()), signature);
    }
}
