//! `tidings init`: a site that works at once, in an empty folder or around a blog that is there.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use mail_parser::MessageParser;
use url::Url;

use crate::cli::{BuildArgs, Choice, DigestArgs, Dry, InitArgs, SiteCommand};
use crate::clock::Clock;
use crate::config::{Author, Config, Dialect, OWN, SHARED, discover, is_our_config, parse_own_url};
use crate::ending::{Ending, ShownError};
use crate::feed::OldFeed;
use crate::file::read::{LISTED, WRITTEN, read_text_if_any};
use crate::file::{Care, unwritable, write_changed};
use crate::finding::{Finding, Rule, visible, visible_line};
use crate::init::{
    Answers, add_attributes, add_ignored, join_lines, write_config, write_first_post,
};
use crate::loader::{Survey, find_site_below, load_posts, survey};
use crate::post::compose;
use crate::reader::Email;
use crate::talk::{Talk, quote_word};

pub(super) struct Begun {
    pub(super) config: PathBuf,
    /// The old feed whose ids are to be taken over: a file, or an address.
    pub(super) old_feed: Option<String>,
    /// Whether a person named that feed: then no new ids are given while it cannot be read.
    pub(super) is_named: bool,
    /// The path below the home page at which the generator's feed usually is.
    pub(super) usual_feed: Option<String>,
    /// How the generator's own feed is switched off.
    pub(super) switch_off: Option<&'static str>,
    /// Whether the address of the site is known; each id begins with its host for ever.
    pub(super) has_address: bool,
}

/// Writes the files that a site begins with; nothing if it has begun already. Existing files stay unchanged, except for
/// added lines for git.
pub(super) fn run(
    args: &InitArgs,
    clock: Clock,
    talk: &mut Talk<'_>,
) -> anyhow::Result<Option<Begun>> {
    let here = Path::new(".");
    if let Some(config) = find_own_config(here) {
        talk.say(&format!(
            "{} is there: nothing was changed; `tidings check` says whether it is right",
            config.display()
        ));
        return Ok(None);
    }
    let root = here.canonicalize().context("the working folder")?;
    refuse_site_above(&root)?;
    refuse_unreadable_feed(args)?;
    let mut survey = survey(&root);
    if survey.url.is_none()
        && let Some(home) = find_home(args, &survey)
    {
        survey.take_url(home.as_str());
    }
    if let Some(dialect) = survey.dialect {
        let (word, config) = (dialect.word(), survey.config.display());
        talk.say(&format!("dialect: {word}, by {config}"));
    } else {
        refuse_site_below(&root, &survey.posts)?;
        talk.say("no generator's config is here: the posts are read as they are");
    }
    let answers = ask(args, &survey, &root)?;
    let config = PathBuf::from(if here.join(SHARED).exists() {
        OWN
    } else {
        SHARED
    });
    write_new(&config, &write_config(&survey, &answers))?;
    talk.say(&format!("{} written", config.display()));
    if survey.dialect == Some(Dialect::Obsidian) && survey.posts == Path::new(".") {
        talk.say(
            "each note of this vault that has a date is a post: name a folder as `dir` under [posts], or write \
             `publish: false` into what is private",
        );
    }
    let posts = here.join(&survey.posts);
    if !posts.exists() {
        fs::create_dir_all(&posts).map_err(|error| unwritable(&posts, &error))?;
        let (name, text) = write_first_post(clock.now());
        let file = survey.posts.join(name);
        write_new(&file, &text)?;
        talk.say(&format!("{} written: the first post", file.display()));
    }
    // The generator's own lines for git name its output already.
    let output = survey.output.to_str().filter(|_| survey.dialect.is_none());
    add_lines(here, ".gitignore", talk, |text| add_ignored(text, output))?;
    add_lines(here, ".gitattributes", talk, add_attributes)?;
    Ok(Some(Begun {
        old_feed: choose_old_feed(args, &survey, &answers),
        is_named: args.feed.is_some(),
        usual_feed: survey.feed.as_ref().map(|(_, file)| file.clone()),
        switch_off: survey.feed.as_ref().map(|_| survey.switch_off),
        has_address: answers.url.is_some(),
        config,
    }))
}

/// Writes the feeds of a site that has begun, with the ids of its old feed, and shows its first digest. `run` does what a
/// command line asks for.
pub(super) fn begin(
    begun: &Begun,
    clock: Clock,
    talk: &mut Talk<'_>,
    run: impl Fn(&SiteCommand, &mut Talk<'_>) -> anyhow::Result<Ending>,
) -> anyhow::Result<Ending> {
    if !begun.has_address {
        return try_out(begun, clock, talk, run);
    }
    let build = |adopt: Option<&String>, talk: &mut Talk<'_>| {
        let adopt = adopt.map(PathBuf::from);
        run(
            &SiteCommand::Build(BuildArgs {
                adopt,
                ..BuildArgs::default()
            }),
            talk,
        )
    };
    let feed = begun.old_feed.as_ref();
    let mut not_adopted = None;
    let mut ended = build(feed, talk);
    if let (Err(error), Some(feed)) = (&ended, feed)
        && find_in_the_way(error).is_none()
    {
        let command = format!("`tidings build --adopt {}`", quote_word(feed));
        if begun.is_named {
            // A feed that was read, and has no entry of ours, is read in vain again.
            let command = match is_of(error, Rule::IdsNotAdopted) {
                true => "`tidings build --adopt FEED`, with the right feed,",
                false => &*command,
            };
            talk.say(&format!(
                "the config is written, and no post has an id yet: {command} goes on from here; if nobody follows a feed \
                 yet, `tidings run` does, with new ids"
            ));
            return ended;
        }
        let without = build(None, talk);
        // If that fails too, and before the feeds are written, the old feed is not what is wrong.
        let failed = without.as_ref().err();
        if failed.is_none_or(|error| find_in_the_way(error).is_some()) {
            let finding = Finding::warning(
                Rule::IdsNotAdopted,
                format!("the ids of the old feed were not taken over: {error:#}"),
            );
            talk.report(&[finding.hint(format!("before anyone gets the new feeds: {command}"))]);
            not_adopted = Some(command);
        }
        ended = without;
    }
    // What is left is a step of the generator's.
    if let Err(error) = &ended
        && let Some(refusal) = find_in_the_way(error)
    {
        talk.report(&[refusal.to_warning()]);
        talk.say("the config is written; only the feeds wait");
        ended = Ok(Ending::Partial);
    }
    name_switch(begun, talk);
    let ending = ended?.and(show_first(begun, clock, talk, run)?);
    let first = not_adopted.map_or(String::new(), |command| {
        format!("if the site has a feed already, {command} before the first `tidings run`; ")
    });
    talk.say(&format!(
        "next: {first}`tidings check` says what is missing; `tidings run` writes the feeds and sends what is due, as files \
         into `outbox` until `smtp` under [mail] names a relay"
    ));
    Ok(ending)
}

/// Tries a site whose address is not known, and keeps nothing: ids begin with its host for ever.
fn try_out(
    begun: &Begun,
    clock: Clock,
    talk: &mut Talk<'_>,
    run: impl Fn(&SiteCommand, &mut Talk<'_>) -> anyhow::Result<Ending>,
) -> anyhow::Result<Ending> {
    let mut nowhere = io::sink();
    let mut aside = Talk::gathering(&mut nowhere);
    let build = BuildArgs {
        dry: Dry { dry_run: true },
        ..BuildArgs::default()
    };
    let mut ended = run(&SiteCommand::Build(build), &mut aside);
    talk.report(&aside.into_findings());
    if let Ok(ending) = ended {
        ended = show_first(begun, clock, talk, run).map(|shown| ending.and(shown));
    }
    let then = match (&begun.old_feed, &begun.usual_feed) {
        (Some(feed), _) => format!(
            "`tidings build --adopt {}` goes on with the ids of that feed",
            quote_word(feed)
        ),
        (None, Some(file)) => format!(
            "`tidings build --adopt ADDRESS` takes over the ids of the feed that readers follow, where ADDRESS is `url` \
             with `{file}` behind it; if nobody follows one, `tidings run` writes the first"
        ),
        (None, None) => "`tidings run` writes them".to_owned(),
    };
    let config = begun.config.display();
    talk.say(&format!(
        "next: set `url` under [site] in {config}, which is not known here: the ids of posts and feeds begin with its host \
         for ever, so no feeds are written yet; then {then}, and `tidings check` says what is missing"
    ));
    // After that: the old feed is read where the generator has written it.
    name_switch(begun, talk);
    ended
}

/// Says how the generator's own feed is switched off, if it writes one.
fn name_switch(begun: &Begun, talk: &Talk<'_>) {
    if let Some(switch_off) = begun.switch_off {
        talk.say(&format!(
            "the generator writes a feed of its own: {switch_off}, and run `tidings build` after it"
        ));
    }
}

/// Shows the first mail of a site that has a post.
fn show_first(
    begun: &Begun,
    clock: Clock,
    talk: &mut Talk<'_>,
    run: impl Fn(&SiteCommand, &mut Talk<'_>) -> anyhow::Result<Ending>,
) -> anyhow::Result<Ending> {
    let config = Config::load_here(&begun.config)?;
    let loaded = load_posts(&config.site, &config.posts, clock.now())?;
    let Some(newest) = loaded.posts.first() else {
        talk.say(
            "there is no post yet, so no mail can be shown: `tidings check` lists the files that are no posts, and why",
        );
        return Ok(Ending::Done);
    };
    let choice = Choice {
        posts: vec![newest.path.to_string()],
        ..Choice::default()
    };
    let name = &config.digests[0].name;
    let mut mail = Vec::new();
    let mut aside = Talk::gathering(&mut mail);
    let digest = SiteCommand::Digest(DigestArgs::dry(name, choice));
    let ending = run(&digest, &mut aside)?;
    talk.report(&aside.into_findings());
    show(&mail, talk)?;
    talk.say(&format!(
        "this is the first mail, as text: `tidings digest {name} --preview` shows it in a browser"
    ));
    Ok(ending)
}

/// The refusal to write over a file of somebody else, if this error is one.
fn find_in_the_way(error: &anyhow::Error) -> Option<&ShownError> {
    let refusal = error.downcast_ref::<ShownError>()?;
    is_of(error, Rule::FileInTheWay).then_some(refusal)
}

fn is_of(error: &anyhow::Error, rule: Rule) -> bool {
    let shown = error.downcast_ref::<ShownError>();
    shown.is_some_and(|shown| shown.finding.rule == rule)
}

/// Shows what a person would read of a message.
fn show(mail: &[u8], talk: &mut Talk<'_>) -> anyhow::Result<()> {
    let Some(message) = MessageParser::default().parse(mail) else {
        return Ok(());
    };
    let subject = visible_line(message.subject().unwrap_or_default());
    let text = message.body_text(0).unwrap_or_default().replace('\r', "");
    let text = text.trim_end();
    writeln!(talk.out(), "Subject: {subject}\n\n{}\n", visible(text))?;
    Ok(())
}

/// Fails in a folder that a site above has as its own: there its posts are, or its feeds.
fn refuse_site_above(root: &Path) -> Result<(), Finding> {
    let Ok(config) = discover(root).and_then(|found| Config::load_here(&found)) else {
        return Ok(());
    };
    let folders = [&config.posts.dir, &config.feeds.dir];
    let has_this = |folder: &&PathBuf| {
        let real = folder.canonicalize();
        real.is_ok_and(|folder| root.starts_with(folder))
    };
    if !folders.iter().any(has_this) {
        return Ok(());
    }
    let message = "this folder belongs to the site of this config, which has begun";
    let finding = Finding::error(Rule::SiteAbove, message).in_file(config.file.clone());
    Err(finding.hint(
        "`tidings check` says whether it is right; a site of its own begins in another folder",
    ))
}

/// Fails if the old feed that was named is neither an address of the web nor a file that can be read and has entries.
fn refuse_unreadable_feed(args: &InitArgs) -> Result<(), Finding> {
    let Some(feed) = &args.feed else {
        return Ok(());
    };
    if feed.contains("://") {
        let url = Url::parse(feed);
        if url.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Ok(());
        }
        let message = format!("`{feed}` is no address of the web");
        return Err(Finding::error(Rule::FeedUnreadable, message).hint(NAME_THE_FEED));
    }
    let file = Path::new(feed);
    let Some(text) = read_text_if_any(file, LISTED)? else {
        let finding = Finding::error(Rule::Unreadable, "there is no such file").in_file(file);
        return Err(finding.hint(NAME_THE_FEED));
    };
    let old = OldFeed::parse(&text).map_err(|finding| finding.in_file(file))?;
    if !old.items.is_empty() {
        return Ok(());
    }
    let message = "the feed has no entries, so no id can be adopted";
    let finding = Finding::error(Rule::IdsNotAdopted, message).in_file(file);
    Err(finding.hint(NAME_THE_FEED))
}

const NAME_THE_FEED: &str = "name the old feed by its file or its address; nothing was written yet";

/// Fails if the posts that were found belong to a generator's site in a folder below: that is where to begin.
fn refuse_site_below(root: &Path, posts: &Path) -> Result<(), Finding> {
    let Some((dialect, config)) = find_site_below(root, posts) else {
        return Ok(());
    };
    let folder = config.parent().unwrap_or(posts).display().to_string();
    let message = format!(
        "the posts below `{}` belong to this site of {}",
        posts.display(),
        dialect.word()
    );
    let finding = Finding::error(Rule::SiteBelow, message).in_file(config);
    Err(finding.hint(format!(
        "begin there: `tidings -C {} init`",
        quote_word(&folder)
    )))
}

/// A config of ours in this folder; a broken one gets no other beside it either.
fn find_own_config(folder: &Path) -> Option<PathBuf> {
    let is_ours = |file: &&str| match *file {
        OWN => folder.join(OWN).exists(),
        _ => is_our_config(&folder.join(SHARED)),
    };
    [OWN, SHARED].into_iter().find(is_ours).map(PathBuf::from)
}

/// The address of the site by the old feed, where that is a file.
fn find_home(args: &InitArgs, survey: &Survey) -> Option<Url> {
    let written = || {
        let (_, file) = survey.feed.as_ref()?;
        Some(survey.output.join(file))
    };
    let file = args.feed.as_ref().map(PathBuf::from).or_else(written)?;
    let text = read_text_if_any(&file, LISTED).ok()??;
    OldFeed::parse(&text).ok()?.home
}

/// The old feed: as it is named, as the generator has written it, or where the public finds it.
fn choose_old_feed(args: &InitArgs, survey: &Survey, answers: &Answers) -> Option<String> {
    if let Some(feed) = &args.feed {
        return Some(feed.clone());
    }
    let (_, file) = survey.feed.as_ref()?;
    let written = survey.output.join(file);
    if written.is_file() {
        return Some(written.to_string_lossy().into_owned());
    }
    answers.url.as_ref()?.join(file).ok().map(String::from)
}

/// Asks a person for everything that the folder does not say; with `--yes`, or without a terminal, takes the likely
/// answer.
fn ask(args: &InitArgs, survey: &Survey, root: &Path) -> anyhow::Result<Answers> {
    let folder = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let likely = folder
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Posts".to_owned());
    let can_ask = !args.yes && io::stdin().is_terminal();
    let mut person = Person { can_ask };
    let title = match &survey.title {
        Some(title) => title.clone(),
        None => person.ask("title of the site", &likely)?.unwrap_or(likely),
    };
    let mut url = survey.url.clone();
    while url.is_none() {
        let Some(text) = person.ask("address of its home page", "not known yet")? else {
            break;
        };
        match parse_own_url(&text) {
            Ok(parsed) => url = Some(parsed),
            Err(fault) => eprintln!("{fault}"),
        }
    }
    let mut author = survey.author.clone();
    if author.is_none()
        && let Some(name) = person.ask("who writes", "nobody is named")?
    {
        author = Some(Author {
            name: compose(&name).into_owned(),
            email: None,
            url: None,
        });
    }
    if let Some(author) = &mut author
        && author.email.is_none()
        && let Some(text) = person.ask("their e-mail address", "none")?
    {
        match text.parse::<Email>() {
            Ok(email) => author.email = Some(email),
            Err(fault) => eprintln!("{fault}; left out"),
        }
    }
    Ok(Answers {
        title: join_lines(&title),
        url,
        author,
    })
}

/// The person at the terminal.
struct Person {
    can_ask: bool,
}

impl Person {
    /// Asks a question; `None` if there is no answer, or nobody to ask.
    fn ask(&mut self, question: &str, without: &str) -> anyhow::Result<Option<String>> {
        if !self.can_ask {
            return Ok(None);
        }
        eprint!("{question} [{without}]: ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
    }
}

/// Writes a file; one that is there stays, and is an error.
fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).open(file);
    let written = opened.and_then(|mut open| open.write_all(text.as_bytes()));
    Ok(written.map_err(|error| unwritable(file, &error))?)
}

/// Adds lines to a file of git's.
fn add_lines(
    folder: &Path,
    name: &str,
    talk: &Talk<'_>,
    add: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let file = folder.join(name);
    let text = read_text_if_any(&file, WRITTEN)?.unwrap_or_default();
    if let Some(whole) = add(&text) {
        write_changed(&file, whole.as_bytes(), Care::Durable)?;
        talk.say(&format!("{name}: lines added"));
    }
    Ok(())
}
