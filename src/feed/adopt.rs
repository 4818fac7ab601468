//! The ids of a feed that another generator wrote: which of our posts each belongs to.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use url::Url;

use crate::feed::parse::{Item, OldFeed};
use crate::feed::text;
use crate::finding::{Finding, Rule};
use crate::html;
use crate::post::Post;

/// Maps our posts to their old ids.
#[derive(Debug)]
pub struct Adoption {
    /// The path of each post and the id that it had.
    pub ids: Vec<(String, String)>,
    /// How many of them the feed does not list: they got theirs by the rule that all the others follow.
    pub by_rule: usize,
    /// Ids that could not be adopted, and why.
    pub warnings: Vec<Finding>,
}

impl OldFeed {
    /// Finds the posts of its items: by the path of the link, since the domain may be new, else by title and date,
    /// which must be unlike all others. Where every old id is its item's address, said in one way, the posts that the
    /// feed no longer lists have theirs by the same rule. No two posts get one id.
    ///
    /// # Errors
    /// A finding that says why no post gets an id.
    pub fn adopt(&self, posts: &[Post]) -> Result<Adoption, Finding> {
        let finder = Finder::new(posts);
        let holders: HashMap<&str, usize> = posts
            .iter()
            .enumerate()
            .map(|(at, post)| (&*post.id, at))
            .collect();
        let is_free =
            |id: &str, number: usize| holders.get(id).is_none_or(|holder| *holder == number);
        let mut ids: Vec<Option<String>> = vec![None; posts.len()];
        let mut given: HashSet<String> = HashSet::new();
        let mut warnings = Vec::new();
        // Each id, and the path of the address that it would be.
        let mut paths: Vec<(&str, Option<&str>)> = Vec::new();
        for item in &self.items {
            let Item {
                id, title, link, ..
            } = item;
            let found = finder.find(item).filter(|number| ids[*number].is_none());
            paths.push((
                id,
                found
                    .map(|number| posts[number].url.path())
                    .or(link.as_ref().map(Url::path)),
            ));
            match found {
                None => warnings.push(Finding::warning(
                    Rule::IdsNotAdopted,
                    format!("{NO_POST} “{title}”"),
                )),
                Some(_) if given.contains(id) => {
                    warnings.push(Finding::warning(
                        Rule::IdsNotAdopted,
                        format!("“{title}” has the id of another item: `{id}`"),
                    ));
                }
                Some(number) if !is_free(id, number) => {
                    let holder = &posts[holders[id.as_str()]].path;
                    warnings.push(Finding::warning(
                        Rule::IdsNotAdopted,
                        format!("the id of “{title}” is that of `{holder}`: `{id}`"),
                    ));
                }
                Some(number) => {
                    given.insert(id.clone());
                    ids[number] = Some(id.clone());
                }
            }
        }
        let mut by_rule = 0;
        if given.is_empty() {
            return Err(self.explain(posts, &warnings));
        }
        if let Some((origin, form)) = find_rule(&paths) {
            for (number, (post, id)) in posts
                .iter()
                .zip(&mut ids)
                .enumerate()
                .filter(|(_, (_, id))| id.is_none())
            {
                *id = form(origin, post.url.path())
                    .filter(|id| is_free(id, number) && given.insert(id.clone()));
                by_rule += usize::from(id.is_some());
            }
        }
        let adopted = posts
            .iter()
            .zip(ids)
            .filter_map(|(post, id)| Some((post.path.to_string(), id?)));
        Ok(Adoption {
            ids: adopted.collect(),
            by_rule,
            warnings,
        })
    }

    /// Explains why no post of ours gets an id from this feed.
    fn explain(&self, posts: &[Post], warnings: &[Finding]) -> Finding {
        let (Some(item), Some(post)) = (self.items.first(), posts.first()) else {
            let what = if posts.is_empty() {
                "the site has no posts"
            } else {
                "the feed has no entries"
            };
            let finding = Finding::error(
                Rule::IdsNotAdopted,
                format!("{what}, so no id can be adopted"),
            );
            return finding.hint("name the feed as the other generator published it");
        };
        // If an entry matched a post, a warning says why the post cannot have the id.
        let taken = warnings
            .iter()
            .find(|one| !one.message.starts_with(NO_POST));
        if let Some(taken) = taken {
            let finding = Finding::error(
                Rule::IdsNotAdopted,
                format!("no id can be adopted: {}", taken.message),
            );
            return finding.hint("give each post an id of its own in its front matter");
        }
        let path = item.link.as_ref().map_or("", Url::path);
        let finding = Finding::error(
            Rule::IdsNotAdopted,
            format!(
                "none of its {} entries is a post of this site: neither by the path of a link, such as `{path}` of “{}”, \
             nor by title and day",
                self.items.len(),
                item.title
            ),
        );
        finding.hint(format!(
            "name the old feed of this site; the newest post here is “{}” at `{}`",
            text::clean_line(&post.title),
            post.url.path()
        ))
    }
}

/// How the warning about an entry begins that is no post of ours.
const NO_POST: &str = "no post of ours is";

/// Finds the post of an item.
struct Finder<'a> {
    posts: &'a [Post],
    by_path: HashMap<String, Vec<usize>>,
    by_title: HashMap<String, Vec<usize>>,
}

impl<'a> Finder<'a> {
    fn new(posts: &'a [Post]) -> Self {
        let (mut by_path, mut by_title): (HashMap<_, Vec<usize>>, HashMap<_, Vec<usize>>) =
            Default::default();
        for (number, post) in posts.iter().enumerate() {
            by_path
                .entry(strip_ending(&post.url.to_url()))
                .or_default()
                .push(number);
            by_title
                .entry(text::clean_line(&post.title))
                .or_default()
                .push(number);
        }
        Self {
            posts,
            by_path,
            by_title,
        }
    }

    fn find(&self, item: &Item) -> Option<usize> {
        let by_link = item
            .link
            .as_ref()
            .and_then(|link| self.by_path.get(&strip_ending(link)));
        if let Some([number]) = by_link.map(Vec::as_slice) {
            return Some(*number);
        }
        // Many generators escape a title once more than its format asks for.
        self.find_by_title(&item.title, item)
            .or_else(|| self.find_by_title(&text::clean_line(&html::read_words(&item.title)), item))
    }

    /// The one post of this title and of the item's day.
    fn find_by_title(&self, title: &str, item: &Item) -> Option<usize> {
        let same_day = |number: &&usize| {
            item.published
                .is_none_or(|at| (self.posts[**number].published - at).abs() < TimeDelta::days(1))
        };
        let mut same = self
            .by_title
            .get(title)
            .filter(|_| !title.is_empty())?
            .iter()
            .filter(same_day);
        same.next().copied().filter(|_| same.next().is_none())
    }
}

/// An address as an id: what came before the path, and the path.
type IdForm = fn(&str, &str) -> Option<String>;

/// The forms in which generators write an address as an id.
const FORMS: [IdForm; 4] = [
    |origin, path| Some(format!("{origin}{path}")),
    |origin, path| Some(format!("{origin}{}", path.strip_suffix('/')?)),
    |origin, path| Some(format!("{origin}{}/", path.trim_end_matches('/'))),
    |origin, path| Some(format!("{origin}{}", path.strip_suffix(".html")?)),
];

/// Finds the rule by which each of these ids is its post's address: the origin, and the form of the path.
fn find_rule<'a>(paths: &[(&'a str, Option<&str>)]) -> Option<(&'a str, IdForm)> {
    let (first, _) = paths.first()?;
    let origin = &first[..first
        .find("://")
        .map(|at| at + 3)
        .and_then(|at| Some(at + first[at..].find('/')?))?];
    let is_followed = |form: &IdForm| {
        paths
            .iter()
            .all(|(id, path)| path.and_then(|path| form(origin, path)).as_deref() == Some(id))
    };
    Some((origin, FORMS.into_iter().find(is_followed)?))
}

/// Strips from the path of an address the endings by which two links to one page may differ.
fn strip_ending(url: &Url) -> String {
    let path = url
        .path()
        .trim_end_matches("index.html")
        .trim_end_matches(".html")
        .trim_end_matches('/');
    format!("{path}?{}", url.query().unwrap_or_default())
}
