//! The kinds of findings: each has a code that stays, why it matters and what to do.

use std::fmt;
use std::str::FromStr;

use strsim::damerau_levenshtein;

/// Makes the rules from one table: the variant, its code, why it matters, what to do.
macro_rules! rules {
    ($($rule:ident $code:literal $why:literal $remedy:literal)*) => {
        /// The kind of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the table explains each")]
        pub enum Rule {
            $($rule,)*
        }

        impl Rule {
            /// All of them, as in the table.
            pub const ALL: &'static [Rule] = &[$(Rule::$rule,)*];

            /// The code, the reason and the remedy.
            fn words(self) -> [&'static str; 3] {
                match self {
                    $(Self::$rule => [$code, $why, $remedy],)*
                }
            }
        }
    };
}

rules! {
    // Posts
    NoDate "no-date"
        "A post without a date has no place in a feed or a digest, so it is left out."
        "Set `date` in its front matter, put the date before the file's name, or set `git_dates = true` under [posts]. A page that is no post may stay as it is."
    DateUnreadable "date-unreadable"
        "A date that cannot be read could only be guessed, and a wrong one would show the post at the wrong place."
        "Write it like 2024-12-01 or 2024-12-01T08:00:00+01:00."
    FrontMatter "front-matter"
        "Without its front matter a post has no title, date or tags, so it is left out."
        "Mend the line that is named: most often a quotation mark, a colon or the closing fence is missing."
    KeyTwice "key-twice"
        "Of a key that is given twice one value is lost, and other programs may take the other one."
        "Take one of the two lines out."
    ValueCut "value-cut"
        "Titles and names become headers of mails and names of feeds, which have limits; what is over is cut or left out."
        "Write a shorter title, or fewer and shorter names."
    LanguageTag "language-tag"
        "Readers pick fonts, hyphenation and voices by the language; an invalid tag makes a feed invalid."
        "Write a tag of BCP 47, like en, de or pt-BR."
    IdRefused "id-refused"
        "An id must be an absolute IRI (RFC 4287, 4.2.6), else validators refuse the feed. The post gets an id of its own instead."
        "Write a whole address or a `tag:` URI, or take `id` out."
    IdTaken "id-taken"
        "Two posts with one id are one post to every reader: one of them would never be shown."
        "Give one of them an `id` of its own, or none."
    AddressTaken "address-taken"
        "Two posts with one address are one page: the feeds would link one of them wrongly."
        "Give one of them another `slug`."
    AddressBroken "address-broken"
        "A link that is no address cannot be opened by anybody."
        "Mend the `slug`, the key that names the address, or `permalink` under [posts]."
    PermalinkUnread "permalink-unread"
        "The generator makes addresses in a way that cannot be followed here, so the links in the feeds might lead nowhere."
        "Set `permalink` under [posts], with tokens like {year} and {slug}."
    PostUnclear "post-unclear"
        "Several posts could be the one that was published before. A wrong guess would mail an old post again, so it is left out until a person decides."
        "Write the line that the finding shows into `tidings.lock`."
    PostTooLarge "post-too-large"
        "One file must not cost the memory of all others."
        "Cut it, or take it out of the folder of posts."
    TextTooLarge "text-too-large"
        "A text that grows to many times its source would fill feeds and mails."
        "Shorten what it repeats, such as an include within an include."
    TextTooDeep "text-too-deep"
        "Feed readers and mail programs stop at deep nesting, and some crash."
        "Flatten the lists, quotations or elements that stand in one another."
    HtmlUnreadable "html-unreadable"
        "Text that cannot be read as HTML cannot be shown in a feed."
        "Mend the HTML of the post."
    ShortcodeLeftOut "shortcode-left-out"
        "A shortcode, component or expression means something only to the site's generator; readers would see its source."
        "Write what it shows as Markdown or HTML where it matters to readers of feeds and mails."
    FormulaLeft "formula-left"
        "A formula that cannot be turned into MathML stays TeX, and readers see the source."
        "Write it with commands that are known, or put a picture in its place."
    ElementLeftOut "element-left-out"
        "Scripts, forms and players do not work in feed readers and mail programs, which drop them."
        "Link to what they show."
    EnclosureLength "enclosure-length"
        "RSS needs the length of an enclosure in bytes; podcast programs refuse `length=\"0\"`, so it is left out."
        "Put the file beside the post or into `static/`, or say its length in the front matter."

    // Files of posts
    PostsUnreadable "posts-unreadable"
        "Posts that cannot be read are missing in feeds and digests."
        "See whether the folder is there and may be read; `dir` under [posts] names it."
    FileName "file-name"
        "A name that is not UTF-8, or that holds control characters, cannot stand in an address."
        "Rename the file or folder."
    SameSpelling "same-spelling"
        "Two names that differ only in how accents are written are one name on other machines."
        "Remove or rename one of the files."
    NoRegularFile "no-regular-file"
        "A pipe or a device among the posts could block the program for ever, so it is not opened."
        "Take it out of the folder of posts."
    LinkNotFollowed "link-not-followed"
        "A link that leads out of the folder could publish a file that is not meant for others."
        "Put the file itself there."
    FormatUnread "format-unread"
        "Posts in this format are not read, so they are in no feed."
        "Convert them to Markdown, as `pandoc -t gfm` does."
    GitDates "git-dates"
        "Dates that git cannot say would be others on every machine, and so would the ids."
        "Fetch the whole history (`git fetch --unshallow`), or set `git_dates = false` under [posts]."
    AllIgnored "all-ignored"
        "A file that leaves out every post leaves empty feeds."
        "Mend its patterns, or `dir` under [posts]."
    IgnoreUnread "ignore-unread"
        "What the generator leaves out of the site, and this program cannot follow, would be published in feeds."
        "Write the pattern in another way, or mark the posts as drafts."
    GeneratorConfigUnread "generator-config-unread"
        "Permalinks, time zone and drafts are read from the generator's config; without it they may be others than on the site."
        "Mend the generator's config."
    Unreadable "unreadable"
        "A file that cannot be read is not taken into account."
        "See whether it is there, is UTF-8 text, and may be read by this user."

    // Feeds as sources
    SourceUnreached "source-unreached"
        "A source that does not answer, or that is too large or too slow, gives nothing new; what it gave before stays."
        "See whether the address is right and answers. Servers in your own network need `private = true` under their [[source]]."
    SourceUnreadable "source-unreadable"
        "A document that is no feed gives no posts; what the feed gave before stays."
        "Name the address of the Atom, RSS or JSON feed, not that of the page: the page links to it with `rel=\"alternate\"`."
    SourceMoved "source-moved"
        "An address that redirects for good may end one day, and the feed with it."
        "Write the new address as `feed` under its [[source]]."

    // Ids
    LockBroken "lock-broken"
        "`tidings.lock` keeps the ids of posts; with a wrong one every post could be unread again."
        "Resolve the conflict or take the file back from version control. Keep both sides of a merge."
    LockUnwritten "lock-unwritten"
        "An id that is not in `tidings.lock` is lost when the post moves."
        "Run `tidings build` where the lock can be written, and commit it."
    IdChanged "id-changed"
        "A post with a new id is unread again in every reader."
        "Give it its former `id` in the front matter, if it is the same post."
    IdsNotAdopted "ids-not-adopted"
        "Ids that are not taken over from the old feed make posts unread again in readers that followed it."
        "Name the feed as the other generator published it: `tidings build --adopt FEED`."
    FeedIdKept "feed-id-kept"
        "A feed has one id for ever, so the one that was given first stays."
        "Nothing needs to be done."

    // Config
    NoConfig "no-config"
        "Without a config nothing is known about the site."
        "`tidings init` writes one; `--config FILE` names another."
    GeneratorConfig "generator-config"
        "Hugo and Zola have a `config.toml` of their own, with other keys."
        "`tidings init` writes a `tidings.toml` beside it."
    UnknownKey "unknown-key"
        "A misspelt key would silently do nothing."
        "Write it as the hint says; the README lists all keys."
    MissingKey "missing-key"
        "Without this key it is not known what to do."
        "Add it where the finding says."
    ConfigValue "config-value"
        "A value that cannot be meant would do something else than you want."
        "Write one as the hint says."
    UnknownVariable "unknown-variable"
        "A misspelt variable of the environment would silently do nothing."
        "Two underscores stand between section and key: TIDINGS_MAIL__SMTP."
    SecretInConfig "secret-in-config"
        "The config is committed and shared; a password in it is known to all who see it."
        "Set it in the environment (TIDINGS_MAIL__PASSWORD), or name a file with mode 0600."
    PublishedSecret "published-secret"
        "The folder of feeds is shown to everybody: a store, an outbox, a key or an archive of mail in it is public."
        "Move it out of the folder of `dir` under [feeds]."
    SamePath "same-path"
        "Two files of the site that are one would destroy each other."
        "Give each a path of its own."
    SameDigestName "same-digest-name"
        "Readers subscribe to a digest by its name, so two cannot share it."
        "Give each its own."
    UnknownDigest "unknown-digest"
        "Nobody can be subscribed to a digest that is not there."
        "Write its name as in the config."
    PlaceholderAddress "placeholder-address"
        "Domains for examples (RFC 2606) lead nowhere: links in feeds and mails would be dead, answers lost."
        "Set the address that is really yours."
    WebUnnamed "web-unnamed"
        "Links in mails need the name under which others reach the server."
        "Set `url` under [web]."
    ConfigRefused "config-refused"
        "A config with a fault is not taken over while the program runs."
        "Mend what was named, and send SIGHUP again."
    ListenChanged "listen-changed"
        "A running server cannot change where it listens."
        "Restart it."

    // Feeds and publishing
    TemplateUnusable "template-unusable"
        "Without a template there is no page and no digest."
        "Mend the line that is named; docs/templates.md lists the variables."
    TemplateUnused "template-unused"
        "A template with another name or place is not read, so your change would not show."
        "Rename or move it as the hint says."
    TemplateSlot "template-slot"
        "A digest is rendered once for all readers; what belongs to one reader is filled in later, and cannot steer the template."
        "Write `{{ reader.name }}` as it is."
    WordsUnusable "words-unusable"
        "Words that cannot be read leave the digest in another language."
        "Mend the file in `words/`."
    DocumentTwice "document-twice"
        "Two documents in one file: one would be lost."
        "Give one another name with `files` under [feeds]."
    FeedsLeftOut "feeds-left-out"
        "A feed for each of thousands of tags costs time and space, and nobody reads them."
        "Use fewer tags, or raise `max_feeds` under [feeds]."
    FeedUnreadable "feed-unreadable"
        "A feed that cannot be fetched or read has no ids to take over."
        "Name a file or an address with Atom, RSS or JSON Feed."
    FeedIllFormed "feed-ill-formed"
        "A document with one fault of XML or JSON is read by nobody: readers show the feed as broken."
        "Run `tidings build`. If it stays, something changes the file after it is written: see `after_build`, the deploy and the web server."
    FeedElement "feed-element"
        "RFC 4287, RSS 2.0 or JSON Feed want this part of a feed to be there, once, and at its place; validators refuse the feed without."
        "Run `tidings build`; where the finding is about a setting of the site, set it under [site]."
    FeedId "feed-id"
        "Readers know posts by their ids: one that is missing, shared or no address hides posts or shows them twice."
        "Give the post an `id` of its own, or take `id` out of its front matter."
    FeedDate "feed-date"
        "Readers order posts by their dates and forgive little: a date in another form puts a post at the end, or at the beginning for ever."
        "Mend the date in the post's front matter, then run `tidings build`."
    FeedAddress "feed-address"
        "A reader has only the feed: a relative or broken address in it leads nowhere."
        "Mend the address in the post or the config, then run `tidings build`."
    FeedRelativeAddress "feed-relative-address"
        "Pictures and links with a relative address (also in `srcset`) are broken in most readers and all mail programs. The W3C's validator does not see it."
        "Write the whole address, or put the file beside the post, so that it becomes whole."
    FeedText "feed-text"
        "Text that is empty, of the wrong kind, or holds what readers drop looks broken in a reader."
        "Mend the post, then run `tidings build`."
    FeedAuthor "feed-author"
        "Atom wants an author with a name on the feed or on each entry; RSS wants an address of mail in `<author>`."
        "Set `author = { name = \"…\" }` under [site], or in the post's front matter."
    FeedEnclosure "feed-enclosure"
        "Podcast programs need address, length in bytes and media type of an enclosure, and refuse `length=\"0\"`."
        "Say all three in the front matter, or put the file beside the post, where it is measured."
    FeedArchive "feed-archive"
        "The archive of a feed (RFC 5005) is a chain of documents: where one is missing, readers get no older posts."
        "Run `tidings build`, and publish every file that it writes."
    FileInTheWay "file-in-the-way"
        "A file that somebody else wrote is never overwritten."
        "Switch the generator's own feed off, remove the file, or choose another name with `files` under [feeds]."
    Unwritable "unwritable"
        "What cannot be written is not published or kept."
        "See whether the disk is full and whether this user may write there."
    PruneWaits "prune-waits"
        "While a post is left out by an error its feeds would be removed too."
        "Mend the post, then prune again."
    PostsVanished "posts-vanished"
        "A site that has lost most of its posts at once has more likely lost a folder. Nothing is published or mailed."
        "See whether the folder of posts is whole; `tidings build --fewer` publishes what is left."
    HubUnreached "hub-unreached"
        "Readers that are told by the hub get the posts later, when they ask by themselves."
        "The next run tells it again; see `hub` under [feeds]."
    PageMissing "page-missing"
        "A digest that links to a page that is not there disappoints every reader, so its post waits."
        "Publish the page; `require_live = false` under [site] does not ask."

    // Digests
    NoUnsubscribe "no-unsubscribe"
        "The law of many countries, and Gmail's and Yahoo's rules for senders, ask for a link to leave in each mail."
        "Put `{{ reader.unsubscribe }}` into the template."
    DigestWithoutPosts "digest-without-posts"
        "A digest that no post fits will never be sent."
        "See its `tags`; on a new site it is right."
    IssueTooLarge "issue-too-large"
        "Many relays refuse mails of this size, and all posts of the issue would be lost with it."
        "Show less: `limit`, or `layout = \"summaries\"`."
    MailClipped "mail-clipped"
        "Gmail hides what follows about 102 KB of HTML, the link to leave first of all."
        "Show less: `limit`, or `layout = \"summaries\"`."
    StyleDropped "style-dropped"
        "Gmail drops a style sheet of more than 16 KB, and the mail has no style at all there."
        "Shorten the style of the template."
    ImageWithoutAlt "image-without-alt"
        "Most mail programs show no pictures at first, and some readers never see them."
        "Say in `alt` what the picture shows; `alt=\"\"` if it says nothing."
    ImageWithoutWidth "image-without-width"
        "Outlook shows a picture of unknown width as large as it is, and breaks the page."
        "Say its `width`, or put its file beside the post or into `static/`, where it is measured."
    ImageEmbedded "image-embedded"
        "Gmail drops pictures that stand in the mail itself."
        "Put the picture on the site."
    ImageKind "image-kind"
        "Outlook shows no WebP, AVIF or SVG."
        "Use PNG or JPEG."
    CssUnsupported "css-unsupported"
        "Mail programs ignore this property, so the mail looks otherwise there."
        "Use what all understand: tables, `width` attributes, inline styles."
    PostWithoutLink "post-without-link"
        "A post that an issue announces and does not link to cannot be found by its readers, and is never announced again."
        "Link to each of `posts` in the template, also to those past `limit`."
    LinkBroken "link-broken"
        "A relative address leads nowhere in a mail or a feed reader."
        "Write a whole address."
    LinkUnencrypted "link-unencrypted"
        "What is read over http:// can be seen and changed on the way; some programs warn of it."
        "Write https://."
    LinkKind "link-kind"
        "Few mail programs open such links."
        "Link to a page."
    PostsUnknown "posts-unknown"
        "A digest that suddenly knows most posts no more has lost its lock or its ids, and would mail the whole archive."
        "Bring `tidings.lock` back; `--posts` or `--since` send what is meant."
    PostChoice "post-choice"
        "Each part of `--posts` must name one published post."
        "Name it by path, slug, address or id."
    PostCarried "post-carried"
        "Readers would get the post a second time."
        "`--again` sends a correction."
    DigestBegun "digest-begun"
        "A digest begins once in a store."
        "Leave `--new-store` out."
    DigestRenamed "digest-renamed"
        "Under a new name a digest has no readers and has announced nothing: it would mail everything again, or nobody."
        "Write `was = \"…\"` with its former name under the [[digest]]."
    AnotherStore "another-store"
        "A store that did not begin the digest does not know who has left and what was sent."
        "Name the right store with `url` under [store], or bring its backup back; `--new-store` begins anew."
    AnotherSite "another-site"
        "The store belongs to another site: its readers did not ask for this one."
        "Name another store with `url` under [store]."
    StoreCopy "store-copy"
        "An older copy of the store does not know what was sent and who has left since it was made."
        "Bring the newer one back if there is one; see docs/operating.md."
    ClockBehind "clock-behind"
        "The last slot lies in the future, so nothing would be sent until then."
        "Set the clock right; `tidings digest NAME --reset-slot` goes on from today."

    // Mail
    OutboxOnly "outbox-only"
        "Mail in a folder reaches nobody."
        "Set `smtp` under [mail], or `outbox` if the folder is meant."
    IssuePaused "issue-paused"
        "A paused issue waits for a person; its posts are announced to nobody else meanwhile."
        "Mend the reason, then `tidings issue resume NUMBER`; `tidings status` shows it."
    IssueUnreadable "issue-unreadable"
        "An issue that cannot be read cannot be sent."
        "`tidings issue cancel NUMBER` ends it; its posts are news again."
    NotDelivered "not-delivered"
        "Some readers did not get the issue."
        "`tidings status NUMBER` says who and why."
    MailUnsendable "mail-unsendable"
        "As it is set up, the relay takes no mail from this sender."
        "See its words: most often the user, the password or the sender's address is wrong."
    RelayUnreachable "relay-unreachable"
        "Mail waits until the relay answers."
        "See `smtp` under [mail] and the network; many networks block port 25, use 587 or 465."
    DkimUnset "dkim-unset"
        "Mail without a signature is refused or marked as spam by the large providers."
        "`tidings dkim new` makes a key; its line goes into DNS."
    DkimKey "dkim-key"
        "Without its key mail cannot be signed, so none is sent."
        "`tidings dkim new` makes one; see `dkim` under [mail]."
    KeyExists "key-exists"
        "A key that is overwritten is lost, and signatures with it become invalid."
        "Name another file, or remove the old key yourself."
    KeyReadable "key-readable"
        "Whoever reads the private key can sign mail as you."
        "`chmod 600 FILE`."
    HeaderBroken "header-broken"
        "RFC 5322 allows one of each header and lines of 998 octets; relays break or refuse others."
        "Shorten the subject, the names or the footer."
    Smtputf8 "smtputf8"
        "An address with other letters than ASCII before the `@` is refused by relays without SMTPUTF8 (RFC 6531)."
        "Use an ASCII address for the sender."
    SpfAlignment "spf-alignment"
        "DMARC counts SPF only where the return path has the domain of `from` (RFC 9989)."
        "Let both have one domain."
    DkimAlignment "dkim-alignment"
        "DMARC counts a signature only where its domain is that of `from` (RFC 9989)."
        "Sign for the domain of `from`."
    DnsUnasked "dns-unasked"
        "Nothing is known to be wrong; without the network nobody knows that it is right either."
        "Run `tidings check` where DNS can be asked, or name a server with `--dns`."
    Spf "spf"
        "SPF (RFC 7208) says which machines may send for a domain. Without one record that receivers can follow in ten look-ups, mail is taken for spam."
        "Mend the TXT record of the domain of the return path, as your relay's documentation says."
    DkimRecord "dkim-record"
        "A signature that the key in DNS does not fit counts as a forgery, which is worse than none."
        "Write what `tidings dkim show` prints into DNS; after a new key, wait until the old record has run out."
    Dmarc "dmarc"
        "Gmail, Yahoo and Microsoft ask senders of lists for a DMARC policy (RFC 9989)."
        "Add a TXT record at `_dmarc.DOMAIN`; `v=DMARC1; p=none; rua=mailto:you@…` is a beginning."
    DmarcAlignment "dmarc-alignment"
        "DMARC passes when a domain that SPF or DKIM verifies belongs to that of `from`. Where neither does, receivers refuse the mail or mark it as spam."
        "Sign for the domain of `from` with `dkim` under [mail], or let `return_path` be of it."
    ReverseName "reverse-name"
        "Receivers refuse mail from an address without a name, or with a name that leads to another address."
        "Ask whoever runs the relay for a PTR record that names it, and an address record of that name."
    Mx "mx"
        "Answers, bounces and wishes to leave go to the domains of `from` and of the return path; without a host for them they are lost, and many receivers refuse such a sender."
        "Add an MX record whose host has an address, or send from a domain that has one."
    LeaveAddress "leave-address"
        "The button to leave that mail programs show sends a POST, and follows no redirect (RFC 8058). Where it fails, readers press the one that says spam."
        "Run `tidings serve`, and let the proxy pass `/unsubscribe/` on as it is."
    MailRead "mail-read"
        "What a message of `check --mail` says of its way. It is no fault."
        "Read it: a receiver decides by these lines whether mail is shown, and with which buttons."
    MailMissing "mail-missing"
        "Mail that a relay takes and that does not arrive is delayed, or in the folder of spam."
        "See whether the address is delivered into the Maildir of `inbox`, and look into the folder of spam."
    MailAuthentication "mail-authentication"
        "A receiver that does not believe the sender shows mail as spam or refuses it. A button to leave is shown only where a signature covers both headers of RFC 8058."
        "Mend what the findings about DNS say; let tidings sign with `dkim` under [mail]."
    BounceRate "bounce-rate"
        "Providers refuse mail of senders with many bounces or complaints, for all readers."
        "See who bounces with `tidings status`; take out addresses that nobody confirmed."
    MaildirUnusable "maildir-unusable"
        "Bounces, complaints and wishes to leave that cannot be read are not followed."
        "See `inbox` under [mail]: a Maildir is a folder with `new`, `cur` and `tmp`."
    InboxUnreachable "inbox-unreachable"
        "Bounces, complaints and wishes to leave wait on the server until the box can be read."
        "See `inbox` under [mail], TIDINGS_MAIL__INBOX_PASSWORD and the network."

    // Store and lists
    StoreDamaged "store-damaged"
        "With a damaged store mail may go to the wrong people, twice, or not at all."
        "Bring a backup back with `tidings store restore FILE`."
    StoreOdd "store-odd"
        "Rows that belong to nothing do no harm, but tell of a fault."
        "Make a backup; `tidings store check` names them."
    StoreUnusable "store-unusable"
        "Without its store nothing is known of readers and issues."
        "See `url` under [store], and whether the file or the server is there."
    ListUnreadable "list-unreadable"
        "A list that cannot be read whole is not taken in at all."
        "Save it as CSV in UTF-8 with a column `email`."
    LineRefused "line-refused"
        "A line that is not understood could subscribe someone who did not agree."
        "Mend the line; the others are taken in."

    // The program
    Failed "failed"
        "The command could not do its work."
        "The message says why; `-v` says more."
    InternalFault "internal-fault"
        "This is a fault of the program, not of your site; the post or page is left out, and the rest goes on."
        "Please report it with the line that is named."
}

impl Rule {
    /// The code: words with hyphens, which stay the same in all versions.
    pub fn code(self) -> &'static str {
        self.words()[0]
    }

    /// Why it matters, and what to do.
    pub(crate) fn explain(self) -> String {
        let [code, why, remedy] = self.words();
        format!("{code}\n\n{why}\n\n{remedy}")
    }

    /// The page of the docs that lists all.
    #[doc(hidden)]
    pub fn page() -> String {
        let mut page = PAGE.to_owned();
        for rule in Self::ALL {
            let [code, why, remedy] = rule.words();
            page.push_str(&format!("\n## `{code}`\n\n{why}\n\n{remedy}\n"));
        }
        page
    }
}

/// How the page begins.
const PAGE: &str = "# What the findings mean

Each finding of `tidings check` ends with its code, such as `[no-date]`; with `--json` it is the key `code`, with \
`--annotate` the title. `tidings check --explain CODE` prints what stands here. An error leaves something out or keeps \
mail from going; a warning does not; a note says what could not be asked. A code keeps its meaning in all versions.
";

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no code of a finding: did you mean `{near}`?")]
pub struct RuleError {
    code: String,
    near: &'static str,
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().trim_matches(['[', ']']).to_ascii_lowercase();
        let mut nearest = (usize::MAX, Self::Failed);
        for rule in Self::ALL {
            let distance = damerau_levenshtein(rule.code(), &code);
            if distance == 0 {
                return Ok(*rule);
            }
            if distance < nearest.0 {
                nearest = (distance, *rule);
            }
        }
        Err(RuleError {
            code: text.to_owned(),
            near: nearest.1.code(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Rule;

    #[test]
    fn each_rule_has_a_code_of_its_own_a_reason_and_a_remedy() {
        let mut codes = HashSet::new();
        for rule in Rule::ALL {
            let [code, why, remedy] = rule.words();
            assert!(codes.insert(code), "two have the code `{code}`");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.chars().all(is_plain), "{code}");
            assert!(why.len() > 20 && why.ends_with('.'), "{code}: {why}");
            assert!(remedy.ends_with('.'), "{code}: {remedy}");
            assert_eq!(code.parse(), Ok(*rule));
            assert_eq!(format!("[{code}]").parse(), Ok(*rule));
        }
    }

    #[test]
    fn a_misspelt_code_is_told_the_nearest() {
        for (wrong, right) in [
            ("nodate", "no-date"),
            ("front-mater", "front-matter"),
            ("image-without-with", "image-without-width"),
        ] {
            let error = wrong.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{right}`")), "{wrong}: {error}");
        }
    }
}
