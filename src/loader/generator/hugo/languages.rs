//! The languages of a site.

use serde_json::{Map, Value};

/// The languages with a content folder of their own, each with its folder.
pub(super) fn list_language_folders(
    languages: Option<&Map<String, Value>>,
) -> Vec<(String, String)> {
    let folder_of = |language: &Value| {
        let (_, folder) = language
            .as_object()?
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("contentdir"))?;
        folder
            .as_str()
            .map(|folder| folder.trim_matches('/').to_owned())
    };
    let languages = languages.into_iter().flatten();
    languages
        .filter_map(|(code, language)| Some((code.clone(), folder_of(language)?)))
        .collect()
}
