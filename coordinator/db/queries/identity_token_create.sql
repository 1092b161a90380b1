-- Token $1 with the hash $2. With $4 it is for a new person, who gets the roles in shard $8 under pseudonym $9.
with p as (
    insert into person (person_id, kind) select $3::uuid, 'named' where $4::boolean returning person_id
), m as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select $8::bigint, $9::uuid, person_id, $6::integer from p
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) values ($8::bigint, $11::uuid, $12::text)
)
insert into token (token_id, secret_hash, person_id, name, roles, shard_key, expires_at)
values ($1::uuid, $2::bytea, $3::uuid, $5::text, $6::integer, $7::bigint, to_timestamp($10::bigint / 1000000.0))
returning (extract(epoch from created_at) * 1000000)::bigint
