-- Whom an organisation's suspicions are told to, what lifting a lock forgets and removes, and how long an invitation goes on.

-- Who looks after security there (null: nobody is written to).
ALTER TABLE organisations ADD COLUMN security_email TEXT;

-- Whose failures a counter counts, once it has begun a delay: forgotten when a lock for too many failures is lifted.
ALTER TABLE throttles ADD COLUMN person TEXT;
CREATE INDEX throttles_person ON throttles (person);

-- The second factor that a report of misuse is about: the id of an authenticator, or `unknown`. Null: nothing was reported.
ALTER TABLE locks ADD COLUMN suspect TEXT;

-- When a password was last chosen under the invitation: a later one, set otherwise, ends it.
ALTER TABLE invitations ADD COLUMN password_at BIGINT;
