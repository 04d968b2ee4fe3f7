-- Finding people: each word of user name, names and address in lower case, as bytes, so that both engines compare them
-- alike and find what begins with some letters by the key.
CREATE TABLE people_words (
    word BYTEA NOT NULL,
    person TEXT NOT NULL REFERENCES people (id),
    PRIMARY KEY (word, person)
);
CREATE INDEX people_words_person ON people_words (person);

-- What lists stand in order of: family name, given name, user name. Null until the program has written it, with the
-- words, for people who were there before; it does so when it starts.
ALTER TABLE people ADD COLUMN list_key BYTEA;
CREATE INDEX people_list_key ON people (list_key, id);
CREATE INDEX people_organisation ON people (organisation, list_key, id);
