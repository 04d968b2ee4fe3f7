-- Relying parties that are still to be told that a session is over. In the transaction that ends the session its
-- participations become recalls; a row goes when the relying party was told, or is given up. No foreign keys, as
-- participations have none.
CREATE TABLE recalls (
    session TEXT NOT NULL,
    client TEXT NOT NULL,
    person TEXT NOT NULL,
    session_index TEXT NOT NULL,
    name_id TEXT NOT NULL,
    -- queued: for the back-channel; sending: a node is at it; held: a browser carries it.
    state TEXT NOT NULL,
    -- queued: when it is tried next; sending, held: until when that node or browser is believed to live.
    due_at BIGINT NOT NULL,
    -- When it was first tried by the back-channel.
    since BIGINT,
    tries BIGINT NOT NULL,
    -- held: the logout under way, and the ID of the request that its browser was given.
    logout TEXT,
    request TEXT,
    PRIMARY KEY (session, client)
);
CREATE INDEX recalls_due ON recalls (due_at);
CREATE INDEX recalls_logout ON recalls (logout);

-- Logouts that a browser carries from service to service.
CREATE TABLE logouts (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BYTEA NOT NULL,
    -- The relying party that asked and is to be answered, as JSON; null when it was begun on our own pages.
    initiator TEXT,
    -- Relying parties that were not told, as JSON.
    missed TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logouts_expires ON logouts (expires_at);
