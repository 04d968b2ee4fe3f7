-- Mails to people, each to one address. The payload (address, name, words) is sealed, and erased once it was sent.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    notice TEXT NOT NULL,
    -- queued, sending, sent, dead.
    state TEXT NOT NULL,
    payload BYTEA,
    queued_at BIGINT NOT NULL,
    -- queued: when it is tried next; sending: until when the node that has it may be believed to live; else when it ended.
    due_at BIGINT NOT NULL,
    -- When it was last queued for sending, by the act or by an operator: its age for giving up.
    since BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Tries of which nobody knows whether the server took the mail.
    doubts BIGINT NOT NULL,
    reason TEXT
);
CREATE INDEX outbox_state ON outbox (state, due_at);
CREATE INDEX outbox_person ON outbox (person);
