-- A recovery code ($2) is spent on a new passphrase ($3); every session so far ends, and session $4 begins.
with c as (
    update credential set recovery_hashes = array_remove(recovery_hashes, $2::bytea), passphrase_hash = $3::text,
        changed_at = now()
    where person_id = $1::uuid and $2::bytea = any (recovery_hashes)
    returning person_id
), ended as (
    update session set revoked_at = now() from c where session.person_id = c.person_id and revoked_at is null
)
insert into session (session_id, secret_hash, person_id, expires_at)
select $4::uuid, $5::bytea, person_id, now() + make_interval(secs => $6::bigint) from c
returning (extract(epoch from expires_at) * 1000000)::bigint
