-- Who proved whom, and what somebody saw before they handed anything over.

-- One human may have several accounts in one organisation too (an administrator's beside the everyday one). The keyed
-- fingerprint links them, so that nobody proves themselves by way of the other account.
CREATE TABLE cprs_linked (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    organisation TEXT NOT NULL REFERENCES organisations (id),
    cpr BYTEA NOT NULL,
    cpr_index BYTEA NOT NULL
);
INSERT INTO cprs_linked (person, organisation, cpr, cpr_index) SELECT person, organisation, cpr, cpr_index FROM cprs;
DROP TABLE cprs;
ALTER TABLE cprs_linked RENAME TO cprs;
CREATE INDEX cprs_index ON cprs (cpr_index);

-- What stands behind a handed-over code: its own id, what the registrant saw, how they were logged in, and who released
-- it. A code for somebody with a role in Portvagt is spent only once a second registrant has released it.
ALTER TABLE activations ADD COLUMN id TEXT;
ALTER TABLE activations ADD COLUMN document_kind TEXT;
ALTER TABLE activations ADD COLUMN document_issuer TEXT;
ALTER TABLE activations ADD COLUMN document_expires TEXT;
ALTER TABLE activations ADD COLUMN document_checked TEXT;
ALTER TABLE activations ADD COLUMN evidence TEXT;
ALTER TABLE activations ADD COLUMN issuer_level BIGINT;
ALTER TABLE activations ADD COLUMN issuer_factors TEXT;
ALTER TABLE activations ADD COLUMN issuer_at BIGINT;
ALTER TABLE activations ADD COLUMN released_by TEXT;
ALTER TABLE activations ADD COLUMN released_at BIGINT;
ALTER TABLE recoveries ADD COLUMN id TEXT;
ALTER TABLE recoveries ADD COLUMN document_kind TEXT;
ALTER TABLE recoveries ADD COLUMN document_issuer TEXT;
ALTER TABLE recoveries ADD COLUMN document_expires TEXT;
ALTER TABLE recoveries ADD COLUMN document_checked TEXT;
ALTER TABLE recoveries ADD COLUMN evidence TEXT;
ALTER TABLE recoveries ADD COLUMN issuer_level BIGINT;
ALTER TABLE recoveries ADD COLUMN issuer_factors TEXT;
ALTER TABLE recoveries ADD COLUMN issuer_at BIGINT;
ALTER TABLE recoveries ADD COLUMN released_by TEXT;
ALTER TABLE recoveries ADD COLUMN released_at BIGINT;

-- How the second person was logged in; null at the command line.
ALTER TABLE proofings ADD COLUMN approver_level BIGINT;
ALTER TABLE proofings ADD COLUMN approver_factors TEXT;
ALTER TABLE proofings ADD COLUMN approver_at BIGINT;

-- When the identity was first taken into use; only then there is something to recover.
ALTER TABLE people ADD COLUMN activated_at BIGINT;
UPDATE people SET activated_at = (SELECT MIN(enrolled_at) FROM authenticators WHERE authenticators.person = people.id);
UPDATE people SET activated_at = (SELECT MIN(at) FROM audit_events WHERE subject = people.id AND kind = 'authenticator.added')
    WHERE activated_at IS NULL;

-- Apps that somebody else attached. They carry nothing, and are no authenticators, until their owner proves them.
CREATE TABLE attached (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    -- The TOTP secret, sealed, and the newest step that was spent.
    secret BYTEA NOT NULL,
    last_step BIGINT,
    attached_by TEXT NOT NULL,
    attached_at BIGINT NOT NULL
);
CREATE INDEX attached_person ON attached (person);
