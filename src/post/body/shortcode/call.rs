//! One call of a shortcode, whichever generator's: its name and its arguments.

/// A call: `figure src="a.png"`, `youtube(id="x")`, `highlight rust linenos`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::post::body) struct Call {
    pub(super) name: String,
    /// Values, with their names if they have one.
    arguments: Vec<(Option<String>, String)>,
    /// The text after the name, if it is plain words: no quotation marks, no names, no brackets.
    words: Option<String>,
}

impl Call {
    /// Parses a call. Spaces or commas separate arguments; values may be quoted by `"`, `'` or backticks.
    pub(in crate::post::body) fn parse(text: &str) -> Self {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || "_-./".contains(c)))
            .unwrap_or(text.len());
        let name = text[..end].to_lowercase();
        let words = text[end..].trim();
        let words = (!words.is_empty() && !words.contains(['"', '\'', '`', '=', '(']))
            .then(|| words.to_owned());
        let mut rest = text[end..]
            .trim_start()
            .strip_prefix('(')
            .unwrap_or(&text[end..]);
        let mut arguments = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\n', ',', ')']);
            if rest.is_empty() {
                break;
            }
            let mut key = None;
            let word = rest
                .find(|c: char| !(c.is_alphanumeric() || "_-".contains(c)))
                .unwrap_or(rest.len());
            if word > 0
                && rest[word..].trim_start().starts_with(['=', ':'])
                && !rest[word..].starts_with("://")
            {
                key = Some(rest[..word].to_lowercase());
                rest = rest[word..].trim_start()[1..].trim_start();
            }
            let (value, after) = read_value(rest);
            arguments.push((key, value));
            rest = after;
        }
        Self {
            name,
            arguments,
            words,
        }
    }

    /// Whether it has this name, in lower case.
    pub(in crate::post::body) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// The value of the first of these names that is present.
    pub(in crate::post::body) fn get_any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let (_, value) = self
                .arguments
                .iter()
                .find(|(key, _)| key.as_deref() == Some(name))?;
            Some(value.as_str()).filter(|value| !value.is_empty())
        })
    }

    /// The value without a name at this place.
    pub(super) fn at(&self, place: usize) -> Option<&str> {
        self.arguments
            .iter()
            .filter(|(key, _)| key.is_none())
            .nth(place)
            .map(|(_, value)| value.as_str())
    }

    /// The value under one of these names, else the one at this place.
    pub(super) fn get(&self, names: &[&str], place: usize) -> Option<&str> {
        self.get_any(names)
            .or_else(|| self.at(place))
            .filter(|value| !value.is_empty())
    }

    /// The description of a file: the words after it that are no numbers; the last quoted value if there are any.
    pub(super) fn after(&self, file: &str) -> String {
        let behind = self
            .arguments
            .iter()
            .skip_while(|(_, value)| value != file)
            .skip(1);
        let is_size = |value: &str| {
            value.starts_with(|c: char| c.is_ascii_digit())
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || b"px%".contains(&byte))
        };
        let is_word = |value: &&String| !matches!(value.as_str(), "null" | "") && !is_size(value);
        let words = behind
            .filter(|(key, _)| key.is_none())
            .map(|(_, value)| value)
            .filter(is_word);
        match self.words {
            Some(_) => words.map(String::as_str).collect::<Vec<_>>().join(" "),
            None => words.last().cloned().unwrap_or_default(),
        }
    }

    /// All words after the name, if they are plain.
    pub(super) fn words(&self) -> Option<&str> {
        self.words.as_deref()
    }

    /// The value of one of these names, else all words if they are plain, else the first value.
    pub(super) fn title(&self, names: &[&str]) -> Option<&str> {
        self.get_any(names)
            .or(self.words())
            .or_else(|| self.at(0))
            .filter(|value| !value.is_empty())
    }

    /// Takes the first argument as the name: `include youtube.html id=x` is `youtube id=x`.
    pub(super) fn into_included(mut self) -> Self {
        if let Some(at) = self.arguments.iter().position(|(key, _)| key.is_none()) {
            let (_, file) = self.arguments.remove(at);
            let file = file.rsplit('/').next().unwrap_or_default().to_owned();
            self.name = file.split('.').next().unwrap_or_default().to_lowercase();
        }
        self
    }
}

fn read_value(text: &str) -> (String, &str) {
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'));
    let Some(quote) = quote else {
        if let Some(list) = list(text) {
            return list;
        }
        let end = text.find([' ', '\t', '\n', ',', ')']).unwrap_or(text.len());
        // A sign that ends nothing is passed over, so that every call has an end.
        let end = if end == 0 {
            text.chars().next().map_or(0, char::len_utf8)
        } else {
            end
        };
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote != '`' => value.extend(characters.next().map(|(_, c)| c)),
            c if c == quote => return (value, &text[at + 1..]),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Reads the list at the beginning of a text. Returns its items joined by commas, and the rest.
fn list(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('[')?;
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ',']);
        if let Some(after) = rest.strip_prefix(']') {
            return Some((items.join(", "), after));
        }
        let (item, after) = if rest.starts_with(['"', '\'', '`']) {
            read_value(rest)
        } else {
            let (item, after) = rest.split_at(rest.find([',', ']', '\n'])?);
            (item.trim().to_owned(), after)
        };
        items.push(item);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn every_way_to_give_arguments_is_read() {
        for text in [
            "figure src=\"a b.png\" alt='x' 12",
            "figure(src=\"a b.png\", alt=\"x\", 12)",
            "figure src=`a b.png` alt=x 12",
        ] {
            let call = Call::parse(text);
            assert_eq!(call.name, "figure");
            assert_eq!(
                (call.get_any(&["src"]), call.get_any(&["alt"]), call.at(0)),
                (Some("a b.png"), Some("x"), Some("12"))
            );
        }
        assert_eq!(
            Call::parse("youtube https://youtu.be/x").at(0),
            Some("https://youtu.be/x")
        );
        assert_eq!(
            Call::parse("include media/youtube.html id=\"x\"")
                .into_included()
                .name,
            "youtube"
        );
        assert_eq!(Call::parse("x \"never closed").at(0), Some("never closed"));
        assert_eq!(
            Call::parse("details Click here, now").title(&["summary"]),
            Some("Click here, now")
        );
        assert_eq!(
            Call::parse("details \"Click here\" 2").title(&["summary"]),
            Some("Click here")
        );
        let call = Call::parse("gallery(images=[\"a, b.png\", 'c]d.png' , 3], width=[], \"x\")");
        assert_eq!(
            (call.get_any(&["images"]), call.at(0), call.at(1)),
            (Some("a, b.png, c]d.png, 3"), Some("x"), None)
        );
        assert_eq!(Call::parse("x [never closed").at(0), Some("[never"));
    }
}
