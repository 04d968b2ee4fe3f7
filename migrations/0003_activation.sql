-- Ways in for people who cannot log in yet, or no longer: none of them logs anybody in.

-- One open invitation a person. It opens the activation and nothing else; only its hash is kept.
CREATE TABLE invitations (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    -- By mail or by letter.
    channel TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    issued_by TEXT NOT NULL
);
CREATE INDEX invitations_expires_at ON invitations (expires_at);

-- One open recovery a person: a code that a registrant handed over, for one purpose.
CREATE TABLE recoveries (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    why TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    -- The most that what is enrolled with it may carry.
    level BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    issued_by TEXT NOT NULL
);
