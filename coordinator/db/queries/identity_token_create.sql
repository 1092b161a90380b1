-- Token $1 with the hash $2. With $4 it is for a new person, who gets the roles in shard $8 under pseudonym $9. The answer
-- $16 (sealed: it holds the token) is kept under the key $14 of person $13 (null: no key); no row is made when it is known.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select $8::bigint, $13::uuid, $14::uuid, $15::bytea, 201, $16::text where $14::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one where $14::uuid is null or exists (select from keyed)
), p as (
    insert into person (person_id, kind) select $3::uuid, 'named' from go where $4::boolean returning person_id
), m as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select $8::bigint, $9::uuid, person_id, $6::integer from p
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $8::bigint, $11::uuid, $12::text from go
), made as (
    insert into token (token_id, secret_hash, person_id, name, roles, shard_key, expires_at)
    select $1::uuid, $2::bytea, $3::uuid, $5::text, $6::integer, $7::bigint, to_timestamp($10::bigint / 1000000.0)
    from go
)
select exists (select from go), old.request_hash = $15::bytea, old.body
from (select 1) one
left join idempotency old on old.shard_key = $8::bigint and old.actor = $13::uuid and old.key = $14::uuid
