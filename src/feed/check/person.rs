//! People, and the form of an address of mail.

/// Whether a text is an address of mail, or begins with one.
pub(in crate::feed) fn is_mail(text: &str) -> bool {
    let address = text.split(' ').next().unwrap_or_default();
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_part = |part: &str| !part.is_empty() && !part.contains(['@', '<', '>', '(', ')', ',']);
    is_part(local) && is_part(domain) && domain.contains('.')
}
