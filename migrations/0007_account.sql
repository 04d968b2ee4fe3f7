-- Where a session was opened from, and at what an authenticator was used last: shown to their owner.

ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- The relying party (by id; null: the person's own pages) and the browser's own words about itself.
ALTER TABLE authenticators ADD COLUMN last_client TEXT;
ALTER TABLE authenticators ADD COLUMN last_browser TEXT;

-- The language of a person's mails, and of pages once they have logged in (`da`, `en`; null: not chosen).
ALTER TABLE people ADD COLUMN language TEXT;
