//! The walk up the tree of domains (RFC 9989, 4.10).

/// How many names are asked at most (RFC 9989, 4.10).
const QUERIES: usize = 8;

/// The names that are asked, from the domain up: a long one is cut to seven labels after the first question.
pub(super) fn walk(domain: &str) -> Vec<String> {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = domain.split('.').collect();
    let mut names = vec![domain.clone()];
    let first = (labels.len().saturating_sub(QUERIES - 1)).max(1);
    for at in first..labels.len() {
        names.push(labels[at..].join("."));
    }
    names
}
