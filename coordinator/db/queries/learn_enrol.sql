-- Spends the token $1 once, and only with it is there a worker.
with token as (
    update enrolment set used_at = now()
    where secret_hash = $1::bytea and used_at is null and expires_at > now() returning 1)
insert into worker (worker_id, name, certificate_hash) select $2::uuid, $3::text, $4::bytea from token returning 1
