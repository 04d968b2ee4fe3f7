-- The first schema. One text for both engines: TEXT, BIGINT (numbers, milliseconds since 1970, 0/1) and BYTEA only.

CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY,
    cvr TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    notified BIGINT NOT NULL
);

CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    username TEXT NOT NULL UNIQUE,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email TEXT,
    persistent_uuid TEXT NOT NULL UNIQUE,
    standing TEXT NOT NULL,
    administrator BIGINT NOT NULL,
    -- Names, user name and address in lower case, for searching.
    search TEXT NOT NULL,
    -- The CPR number, sealed, and its keyed fingerprint.
    cpr BYTEA,
    cpr_index BYTEA UNIQUE
);

CREATE TABLE proofings (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    method TEXT NOT NULL,
    evidence TEXT NOT NULL,
    level BIGINT NOT NULL,
    proved_by TEXT NOT NULL,
    proved_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX proofings_person ON proofings (person);

CREATE TABLE passwords (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    hash TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE authenticators (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    carries BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    last_used_at BIGINT,
    -- TOTP: the sealed secret and the newest step that was spent.
    secret BYTEA,
    last_step BIGINT,
    -- WebAuthn: the credential's id and its public part with its counter, as JSON.
    credential_id BYTEA UNIQUE,
    credential TEXT
);
CREATE INDEX authenticators_person ON authenticators (person);

CREATE TABLE activations (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    code_hash BYTEA NOT NULL,
    level BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    issued_by TEXT NOT NULL
);

CREATE TABLE flows (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    stage TEXT NOT NULL,
    purpose TEXT NOT NULL,
    data TEXT NOT NULL,
    person TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX flows_person ON flows (person);
CREATE INDEX flows_expires_at ON flows (expires_at);

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    entity_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    terms TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    registered_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (id),
    evidence TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    absolute_end BIGINT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_absolute_end ON sessions (absolute_end);

-- Which relying parties a session logged in to. No foreign keys: a batch of the trail must not fail because a session
-- ended meanwhile; leftovers are purged.
CREATE TABLE participations (
    session TEXT NOT NULL,
    client TEXT NOT NULL,
    session_index TEXT NOT NULL,
    name_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (session, client)
);
CREATE INDEX participations_index ON participations (session_index, client);

-- Small: what has expired is purged each minute. No further index: each is paid for with every assertion.
CREATE TABLE replays (
    entity_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (entity_id, request_id)
);

CREATE TABLE throttles (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

CREATE TABLE audit_events (
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT,
    incident TEXT NOT NULL,
    details TEXT NOT NULL,
    mac BYTEA NOT NULL,
    -- The seal that covers the event; null until it is sealed.
    seal BIGINT,
    PRIMARY KEY (at, id)
);
CREATE INDEX audit_events_seal ON audit_events (seal, at, id);
CREATE INDEX audit_events_subject ON audit_events (subject, at);

CREATE TABLE audit_seals (
    seq BIGINT NOT NULL PRIMARY KEY,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    events BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- Set when retention deleted the events: when, and a keyed proof that it was us.
    purged_at BIGINT,
    purge_mac BYTEA
);

-- One row: the newest seal. Whoever seals changes it first, so that nodes seal one after the other.
CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, NULL);

CREATE TABLE deployment (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
