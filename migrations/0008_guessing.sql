-- A lock for too many failures shuts nobody out any more: it bars guessing, and is asked for where one could.

UPDATE people SET active_locks =
    (SELECT COUNT(*) FROM locks WHERE locks.person = people.id AND lifted_at IS NULL AND cause <> 'failures')
    WHERE active_locks > 0;
