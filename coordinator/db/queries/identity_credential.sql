select c.person_id, c.passphrase_hash, $2::bytea = any (c.recovery_hashes)
from credential c join person p on p.person_id = c.person_id and p.erased_at is null
where c.name = $1::text
