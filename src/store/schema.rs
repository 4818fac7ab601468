//! The tables, as an append-only list of migrations.

/// The newest version that this program knows: so many migrations.
pub(super) const VERSION: i64 = 3;

/// One entry a version; what has been released is never edited.
pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE secret (
    number BIGINT PRIMARY KEY,
    purpose TEXT NOT NULL,
    key TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE reader (
    id BIGINT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    address TEXT,
    name TEXT,
    language TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'left', 'bounced', 'complained', 'forgotten')),
    CHECK ((address IS NULL) = (state = 'forgotten'))
);
CREATE TABLE subscription (
    digest TEXT NOT NULL,
    reader BIGINT NOT NULL REFERENCES reader,
    PRIMARY KEY (digest, reader)
);
CREATE INDEX subscription_reader ON subscription (reader);
CREATE TABLE event (
    reader BIGINT NOT NULL,
    issue BIGINT,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX event_reader ON event (reader);
CREATE INDEX event_issue ON event (issue) WHERE issue IS NOT NULL;
CREATE TABLE digest (
    name TEXT PRIMARY KEY,
    last_slot BIGINT NOT NULL
);
CREATE TABLE issue (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    slot TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'paused', 'done', 'cancelled')),
    reason TEXT,
    counts TEXT,
    subject TEXT NOT NULL,
    page TEXT NOT NULL,
    compiled TEXT NOT NULL,
    outbox SMALLINT NOT NULL,
    key BIGINT NOT NULL,
    UNIQUE (digest, slot)
);
CREATE TABLE announced (
    digest TEXT NOT NULL,
    post TEXT NOT NULL,
    issue BIGINT NOT NULL REFERENCES issue,
    PRIMARY KEY (digest, post)
);
CREATE TABLE delivery (
    issue BIGINT NOT NULL REFERENCES issue,
    reader BIGINT NOT NULL REFERENCES reader,
    state SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 6),
    owner BIGINT,
    due_at BIGINT NOT NULL,
    attempts SMALLINT NOT NULL,
    reply TEXT,
    PRIMARY KEY (issue, reader),
    CHECK (state <> 1 OR owner IS NOT NULL)
);
CREATE INDEX delivery_waiting ON delivery (issue, due_at, reader) WHERE state = 0 AND owner IS NULL;
CREATE INDEX delivery_owner ON delivery (owner) WHERE owner IS NOT NULL;
CREATE INDEX delivery_reader ON delivery (reader);
",
    // What a message says of its reader is fixed with the issue, and the patience with a reader begins with the first attempt.
    "
ALTER TABLE delivery ADD COLUMN name TEXT;
ALTER TABLE delivery ADD COLUMN language TEXT;
ALTER TABLE delivery ADD COLUMN first_at BIGINT;
UPDATE delivery SET name = (SELECT r.name FROM reader r WHERE r.id = delivery.reader),
    language = (SELECT r.language FROM reader r WHERE r.id = delivery.reader),
    first_at = (SELECT i.made_at FROM issue i WHERE i.id = delivery.issue AND delivery.attempts > 0)
    WHERE state IN (0, 1, 6);
",
    // Departures are counted at every change, and who has not confirmed is looked for at every run.
    "
CREATE INDEX event_departure ON event (at)
    WHERE kind IN ('left', 'bounced', 'complained', 'forgotten', 'returned', 'doubted');
CREATE INDEX reader_pending ON reader (id) WHERE state = 'pending';
",
];
