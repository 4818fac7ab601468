-- The schema of the first version, with a reader and an open issue.
CREATE TABLE schema_version (version BIGINT NOT NULL);
INSERT INTO schema_version (version) VALUES (1);
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
INSERT INTO secret (number, purpose, key, made_at) VALUES
    (1, 'fingerprint', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 0),
    (2, 'store', '00000000deadbeef', 0),
    (100, 'link', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 0);
INSERT INTO reader (id, fingerprint, address, name, language, state) VALUES
    (42, '04ffb3c8b10fd421984789e0759887fb', 'ada@x.example', 'Ada', NULL, 'active');
INSERT INTO subscription (digest, reader) VALUES ('weekly', 42);
INSERT INTO event (reader, issue, at, kind, detail) VALUES (42, NULL, 1719000000, 'joined', 'active');
INSERT INTO digest (name, last_slot) VALUES ('weekly', 1719208800);
INSERT INTO issue (id, digest, slot, made_at, state, reason, counts, subject, page, compiled, outbox, key) VALUES
    (7, 'weekly', '2024-06-24T06:00:00+00:00', 1719208805, 'open', NULL, NULL, 'Tea', '', '{}', 0, 100);
INSERT INTO announced (digest, post, issue) VALUES ('weekly', 'tag:hums.example,2024:tea', 7);
INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply) VALUES (7, 42, 0, NULL, 1719208800, 0, NULL);
