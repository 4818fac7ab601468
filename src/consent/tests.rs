//! The whole table, pair by pair, and the rule behind it.

use super::{Change, Membership, ReaderState, Source, Subscriptions, Wish, decide};

/// Someone whom nobody knows, then each state.
fn everyone() -> impl Iterator<Item = Option<ReaderState>> {
    [None].into_iter().chain(ReaderState::ALL.map(Some))
}

fn cell(change: Change) -> String {
    let state = change.state.map_or("=", ReaderState::word);
    let event = change.event.unwrap_or("-");
    let mailed = if change.receives { " mailed" } else { "" };
    format!(
        "{state} {event} {:?} {:?}{mailed}",
        change.subscriptions, change.said
    )
}

const NO_SAY: &str = "= - Keep NoSay";

/// A wish, a source, and the cell of each who was: unknown, pending, active, left, bounced, complained, forgotten.
/// Each pair that is missing has no say.
const TABLE: &[(Wish, &[Source], [&str; 7])] = &[
    (
        Wish::Subscribe,
        &[Source::Owner],
        [
            "active joined Add New",
            "active confirmed Only Confirmed",
            "= - Add Known",
            "active returned Only Returned",
            "active returned Only Returned",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Subscribe,
        &[Source::List],
        [
            "pending joined Add New",
            "= - AddUnlessLeft Known",
            "= - Keep NotWidened",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Subscribe,
        &[Source::ConfirmedList],
        [
            "active joined Add New",
            "active confirmed Keep Confirmed",
            "= - Keep NotWidened",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Subscribe,
        &[Source::ConfirmedDigests],
        [
            "active joined Add New",
            "active confirmed OnlyUnlessLeft Confirmed",
            "= - AddUnlessLeft Known",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::BeAsked,
        &[Source::Anybody],
        [
            "pending joined Keep New mailed",
            "= - Keep Known mailed",
            "= - Keep Known mailed",
            "= - Keep StaysSuppressed mailed",
            "= - Keep StaysSuppressed mailed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Confirm,
        &[Source::Reader],
        [
            "= - Keep Unknown",
            "active confirmed Only Confirmed",
            "= confirmed Add Known",
            "active returned Only Returned",
            "active returned Only Returned",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Receive,
        &[Source::Config, Source::Resend],
        [
            "active joined Keep New mailed",
            "= - Keep Known mailed",
            "= - Keep Known mailed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Leave,
        &[Source::Owner, Source::Reader],
        [
            "= - Keep Unknown",
            "left left Keep Suppressed",
            "left left Keep Suppressed",
            "= - Keep StaysSuppressed",
            "left left Keep Suppressed",
            "= left Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Leave,
        &[
            Source::List,
            Source::ConfirmedList,
            Source::ConfirmedDigests,
        ],
        [
            "left left AddUnlessLeft Suppressed",
            "left left Keep Suppressed",
            "left left Keep Suppressed",
            "= - Keep StaysSuppressed",
            "left left Keep Suppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::LeaveDigests,
        &[Source::Owner, Source::Reader],
        [
            "= - Keep Unknown",
            "= left Drop LeftDigests",
            "= left Drop LeftDigests",
            "= left Drop LeftDigests",
            "= left Drop LeftDigests",
            "= left Drop LeftDigests",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Bounce,
        &[Source::Relay],
        [
            NO_SAY,
            "bounced bounced Keep Suppressed",
            "bounced bounced Keep Suppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
        ],
    ),
    (
        Wish::BounceAsked,
        &[Source::Relay],
        [
            NO_SAY,
            "= unreachable Keep Known",
            "bounced bounced Keep Suppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
            "= bounced Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Bounce,
        &[
            Source::List,
            Source::ConfirmedList,
            Source::ConfirmedDigests,
        ],
        [
            "bounced bounced AddUnlessLeft Suppressed",
            "bounced bounced Keep Suppressed",
            "bounced bounced Keep Suppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Complain,
        &[
            Source::List,
            Source::ConfirmedList,
            Source::ConfirmedDigests,
        ],
        [
            "complained complained AddUnlessLeft Suppressed",
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Complain,
        &[Source::Relay],
        [
            NO_SAY,
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "complained complained Keep Suppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Recover { had_agreed: true },
        &[Source::Relay],
        [
            NO_SAY,
            NO_SAY,
            NO_SAY,
            NO_SAY,
            "active doubted Keep Returned",
            NO_SAY,
            NO_SAY,
        ],
    ),
    (
        Wish::Recover { had_agreed: false },
        &[Source::Relay],
        [
            NO_SAY,
            NO_SAY,
            NO_SAY,
            NO_SAY,
            "pending doubted Keep Returned",
            NO_SAY,
            NO_SAY,
        ],
    ),
    (
        Wish::Pause,
        &[Source::Reader],
        [
            "= - Keep Unknown",
            "= paused Keep Known",
            "= paused Keep Known",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Resume,
        &[Source::Reader],
        [
            "= - Keep Unknown",
            "= resumed Keep Known",
            "= resumed Keep Known",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
    (
        Wish::Forget,
        &[Source::Owner, Source::Reader],
        [
            "= - Keep Unknown",
            "forgotten forgotten Keep Suppressed",
            "forgotten forgotten Keep Suppressed",
            "forgotten forgotten Keep Suppressed",
            "forgotten forgotten Keep Suppressed",
            "forgotten forgotten Keep Suppressed",
            "= - Keep StaysSuppressed",
        ],
    ),
];

#[test]
fn every_pair_of_who_was_and_what_is_asked_by_whom_is_decided() {
    for wish in Wish::ALL {
        for by in Source::ALL {
            let row = TABLE
                .iter()
                .find(|(of, sources, _)| *of == wish && sources.contains(&by));
            let cells = row.map_or([NO_SAY; 7], |(_, _, cells)| *cells);
            for (was, expected) in everyone().zip(cells) {
                let found = cell(decide(was, wish, by));
                assert_eq!(found, expected, "{was:?} × {wish:?} × {by:?}");
            }
        }
    }
}

#[test]
fn only_a_word_about_the_person_or_about_the_digest_widens() {
    let widening = [Source::Owner, Source::ConfirmedDigests, Source::Reader];
    for wish in Wish::ALL {
        for by in Source::ALL {
            for was in ReaderState::ALL {
                let change = decide(Some(was), wish, by);
                let after = change.state.unwrap_or(was);
                let gains =
                    change.subscriptions.adds(Membership::Never) && after.gets_subscriptions();
                assert!(
                    !gains || widening.contains(&by),
                    "{was:?} × {wish:?} × {by:?}"
                );
                let revived = !was.takes_mail() && after.takes_mail();
                let is_their_word = [
                    (Source::Owner, Wish::Subscribe),
                    (Source::Reader, Wish::Confirm),
                ]
                .contains(&(by, wish));
                let may_revive = is_their_word
                    && matches!(was, ReaderState::Left | ReaderState::Bounced)
                    || matches!(wish, Wish::Recover { .. });
                assert!(!revived || may_revive, "{was:?} × {wish:?} × {by:?}");
                // Whoever gets digests only now gets none that nobody has confirmed.
                let began = !was.gets_subscriptions() && after.gets_subscriptions();
                let confirms_what_was_listed =
                    by == Source::ConfirmedList || wish == Wish::Recover { had_agreed: true };
                assert!(
                    !began || change.subscriptions.drops_others() || confirms_what_was_listed,
                    "{was:?} × {wish:?} × {by:?}"
                );
                let may_be_asked = wish == Wish::BeAsked
                    && !matches!(was, ReaderState::Complained | ReaderState::Forgotten);
                assert!(
                    !change.receives || was.takes_mail() || may_be_asked,
                    "a suppression beats who names them: {was:?} × {wish:?} × {by:?}"
                );
                assert!(
                    change.state.is_none() || change.event.is_some(),
                    "each change is an event: {was:?} × {wish:?} × {by:?}"
                );
            }
        }
    }
}

#[test]
fn anybody_who_types_an_address_changes_nothing_about_whom_we_know() {
    for wish in Wish::ALL {
        for was in ReaderState::ALL {
            let change = decide(Some(was), wish, Source::Anybody);
            assert_eq!(
                (change.state, change.event),
                (None, None),
                "{was:?} × {wish:?}"
            );
            assert_eq!(
                change.subscriptions,
                Subscriptions::Keep,
                "{was:?} × {wish:?}"
            );
        }
        let new = decide(None, wish, Source::Anybody);
        assert!(
            !new.state.is_some_and(ReaderState::gets_subscriptions),
            "{wish:?}"
        );
        assert!(!new.subscriptions.adds(Membership::Never), "{wish:?}");
    }
}

#[test]
fn a_digest_that_was_left_comes_back_only_by_a_word_about_the_person() {
    use Membership::{Left, Never, Subscribed};
    for (change, asked, others) in [
        (Subscriptions::Keep, [Never, Subscribed, Left], Subscribed),
        (
            Subscriptions::AddUnlessLeft,
            [Subscribed, Subscribed, Left],
            Subscribed,
        ),
        (Subscriptions::Add, [Subscribed; 3], Subscribed),
        (
            Subscriptions::OnlyUnlessLeft,
            [Subscribed, Subscribed, Left],
            Never,
        ),
        (Subscriptions::Only, [Subscribed; 3], Never),
        (Subscriptions::Drop, [Left; 3], Subscribed),
    ] {
        assert_eq!(
            [Never, Subscribed, Left].map(|was| change.apply_to_asked(was)),
            asked
        );
        assert_eq!(change.apply_to_others(Subscribed), others);
        assert_eq!(change.apply_to_others(Left), Left);
    }
}
