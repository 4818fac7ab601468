//! Everything that depends on a language: dates, the direction of text, and the fixed words of mails.

mod unusable;
mod words;

use chrono::{Datelike, Locale, NaiveDate};

pub(crate) use unusable::find_unusable_words;
pub use words::FixedWords;
pub(crate) use words::{DigestWords, fill};

/// The genitives that the locales lack.
const SLOVAK: [&str; 12] = [
    "januára",
    "februára",
    "marca",
    "apríla",
    "mája",
    "júna",
    "júla",
    "augusta",
    "septembra",
    "októbra",
    "novembra",
    "decembra",
];
const SLOVENE: [&str; 12] = [
    "januarja",
    "februarja",
    "marca",
    "aprila",
    "maja",
    "junija",
    "julija",
    "avgusta",
    "septembra",
    "oktobra",
    "novembra",
    "decembra",
];

/// The day as the language of this BCP 47 tag writes it; in English where it is not known.
pub(crate) fn write_day(date: NaiveDate, tag: &str) -> String {
    let (language, region) = split_tag(tag);
    let format = match (language.as_str(), region.as_deref()) {
        ("en", Some("US")) => "%B %-d, %Y",
        ("de" | "da" | "nb" | "nn" | "no" | "fi" | "cs" | "sk" | "sl" | "et" | "is", _) => {
            "%-d. %B %Y"
        }
        ("hr" | "sr" | "bs", _) => "%-d. %B %Y.",
        ("es" | "pt" | "gl", _) => "%-d de %B de %Y",
        // Their months bring the first "of".
        ("ca" | "oc" | "ast", _) => "%-d %B de %Y",
        ("ja" | "zh", _) => "%Y年%-m月%-d日",
        ("ko", _) => "%Y년 %-m월 %-d일",
        ("hu", _) => "%Y. %B %-d.",
        _ => "%-d %B %Y",
    };
    let locale = match tag.to_lowercase().contains("-latn") && language == "sr" {
        true => Locale::sr_RS_latin,
        false => choose_locale(&language, region.as_deref()),
    };
    let month = date.format_localized("%B", locale).to_string();
    let month = match (language.as_str(), date.month0() as usize) {
        ("fi", _) => format!("{month}ta"),
        ("gl" | "bs", _) => month.to_lowercase(),
        ("sk", number) => SLOVAK[number].to_owned(),
        ("sl", number) => SLOVENE[number].to_owned(),
        _ => month,
    };
    date.format_localized(&format.replace("%B", &month), locale)
        .to_string()
}

/// The direction of a language: `rtl` or `ltr`.
pub(crate) fn find_direction(tag: &str) -> &'static str {
    if matches!(
        split_tag(tag).0.as_str(),
        "ar" | "he" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "dv"
    ) {
        "rtl"
    } else {
        "ltr"
    }
}

/// The side on which its lines begin: `right` or `left`.
pub(crate) fn find_start(tag: &str) -> &'static str {
    if find_direction(tag) == "rtl" {
        "right"
    } else {
        "left"
    }
}

/// The language in small letters and the region in capitals.
fn split_tag(tag: &str) -> (String, Option<String>) {
    let mut parts = tag.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_lowercase();
    (
        language,
        parts.find(|part| part.len() == 2).map(str::to_uppercase),
    )
}

/// The locale with the names of the months: the region's own, else that of the country where most speak it.
fn choose_locale(language: &str, region: Option<&str>) -> Locale {
    let home = match language {
        "en" | "cy" => "GB",
        "ar" => "EG",
        "cs" => "CZ",
        "da" => "DK",
        "el" => "GR",
        "et" => "EE",
        "ca" | "eu" | "gl" | "ast" => "ES",
        "be" => "BY",
        "bn" => "BD",
        "br" | "oc" => "FR",
        "bs" => "BA",
        "hy" => "AM",
        "ka" => "GE",
        "sq" => "AL",
        "fa" => "IR",
        "ga" => "IE",
        "he" => "IL",
        "gu" | "hi" | "kn" | "ml" | "mr" | "pa" | "ta" | "te" => "IN",
        "ja" => "JP",
        "ko" => "KR",
        "nb" | "nn" | "no" => "NO",
        "pt" => "PT",
        "sl" => "SI",
        "sr" => "RS",
        "sv" => "SE",
        "uk" => "UA",
        "ur" => "PK",
        "vi" => "VN",
        "zh" => "CN",
        other => &other.to_uppercase(),
    };
    let language = if language == "no" { "nb" } else { language };
    let find = |region: &str| Locale::try_from(format!("{language}_{region}").as_str()).ok();
    region
        .and_then(find)
        .or_else(|| find(home))
        .unwrap_or(Locale::en_GB)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{find_direction, write_day};

    #[test]
    fn a_day_is_written_as_its_language_does() {
        let date = NaiveDate::from_ymd_opt(2024, 3, 8).unwrap();
        for (tag, expected) in [
            ("en", "8 March 2024"),
            ("en-US", "March 8, 2024"),
            ("de", "8. März 2024"),
            ("de-AT", "8. März 2024"),
            ("fr", "8 mars 2024"),
            ("es", "8 de marzo de 2024"),
            ("pt-BR", "8 de março de 2024"),
            ("ja", "2024年3月8日"),
            ("zh-Hans", "2024年3月8日"),
            ("ko", "2024년 3월 8일"),
            ("sv", "8 mars 2024"),
            ("pl", "8 marca 2024"),
            ("ru", "8 марта 2024"),
            ("uk", "8 березня 2024"),
            ("ca", "8 de març de 2024"),
            ("fi", "8. maaliskuuta 2024"),
            ("sk", "8. marca 2024"),
            ("sl-SI", "8. marca 2024"),
            ("gl", "8 de marzo de 2024"),
            ("hr", "8. ožujka 2024."),
            ("sr", "8. март 2024."),
            ("sr-Latn-RS", "8. mart 2024."),
            ("bs", "8. mart 2024."),
            ("ka", "8 მარტი 2024"),
            ("hy", "8 մարտի 2024"),
            ("be", "8 сакавіка 2024"),
            ("sq", "8 mars 2024"),
            ("bn", "8 মার্চ 2024"),
            ("ta", "8 மார்ச் 2024"),
            ("cs", "8. března 2024"),
            ("tlh", "8 March 2024"),
            ("", "8 March 2024"),
        ] {
            assert_eq!(write_day(date, tag), expected, "{tag}");
        }
    }

    #[test]
    fn arabic_and_hebrew_run_from_the_right() {
        assert_eq!(
            ["ar", "he-IL", "en", "ja"].map(find_direction),
            ["rtl", "rtl", "ltr", "ltr"]
        );
    }
}
