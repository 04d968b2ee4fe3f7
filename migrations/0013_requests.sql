-- Acts that need a second person: asked for, then approved or refused by somebody else, or over by themselves.
CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL REFERENCES people (id),
    -- What is asked for, as JSON.
    wish TEXT NOT NULL,
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL REFERENCES people (id),
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- waiting, approved, refused, withdrawn.
    state TEXT NOT NULL,
    decided_by TEXT REFERENCES people (id),
    decided_at BIGINT,
    decided_reason TEXT
);
CREATE INDEX requests_state ON requests (state, requested_at);
CREATE INDEX requests_subject ON requests (subject, requested_at);
-- The same is not asked for twice at a time.
CREATE UNIQUE INDEX requests_waiting ON requests (subject, wish) WHERE state = 'waiting';
