-- Rights: a role is held in single organisations, or everywhere. Until now a role held wherever its bearer worked, an
-- administrator's everywhere.
CREATE TABLE roles_held (
    person TEXT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL,
    -- The organisation's id; empty: everywhere.
    organisation TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (person, role, organisation)
);
INSERT INTO roles_held (person, role, organisation, granted_by, granted_at)
    SELECT person, role,
        CASE WHEN role = 'administrator' THEN '' ELSE (SELECT organisation FROM people WHERE people.id = roles.person) END,
        granted_by, granted_at
    FROM roles;
DROP TABLE roles;
ALTER TABLE roles_held RENAME TO roles;
