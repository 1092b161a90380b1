-- Names person $1 (made when $2, else one that is bare so far), and opens session $6.
with p as (
    insert into person (person_id, kind) select $1::uuid, 'named' where $2::boolean returning person_id
), old as (
    update person set kind = 'named' where person_id = $1::uuid and not $2::boolean and kind in ('bare', 'named')
    returning person_id
), who as (
    select person_id from p union all select person_id from old
), c as (
    insert into credential (person_id, name, passphrase_hash, recovery_hashes)
    select person_id, $3::text, $4::text, $5::bytea[] from who
    returning person_id
)
insert into session (session_id, secret_hash, person_id, expires_at)
select $6::uuid, $7::bytea, person_id, now() + make_interval(secs => $8::bigint) from c
returning person_id, (extract(epoch from expires_at) * 1000000)::bigint
