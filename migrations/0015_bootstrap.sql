-- Bootstrap tokens: which relying parties carry one to the STS of the health sector, in which shape, for which client
-- certificate (DER) and for whom. One row a relying party; without a row it gets none.
CREATE TABLE bootstraps (
    client TEXT NOT NULL PRIMARY KEY REFERENCES clients (id),
    profile TEXT NOT NULL,
    environment TEXT NOT NULL,
    audience TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    lifetime_seconds BIGINT NOT NULL,
    least_level BIGINT NOT NULL,
    required BIGINT NOT NULL
);

-- People whose persistent UUID is one that a national register knows (MitID Erhverv's), as an operator stated. Of the others
-- it was made up here, and the STS finds nobody by it.
CREATE TABLE registered_uuids (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    stated_at BIGINT NOT NULL
);
