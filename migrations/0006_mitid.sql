-- Questions put to NemLog-in. Its answer comes by a form from another site, so without our cookies: it waits here, sealed,
-- until the browser that asked fetches it with the handle that only the browser that brought it was given.
CREATE TABLE mitid_questions (
    request TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    least BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    handle BYTEA,
    answer BYTEA
);
CREATE INDEX mitid_questions_expires ON mitid_questions (expires_at);
