-- What an organisation demands of passwords beyond the installation's settings, as JSON.
CREATE TABLE password_rules (
    organisation TEXT NOT NULL PRIMARY KEY REFERENCES organisations (id),
    rules TEXT NOT NULL
);

-- Hashes of earlier passwords, which may not come again.
CREATE TABLE password_history (
    person TEXT NOT NULL REFERENCES people (id),
    hash TEXT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (person, hash)
);

-- WebAuthn: attested, device-bound or synced; and the model an attestation names.
ALTER TABLE authenticators ADD COLUMN provenance TEXT;
ALTER TABLE authenticators ADD COLUMN aaguid TEXT;
