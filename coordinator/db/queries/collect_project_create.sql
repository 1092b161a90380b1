-- One statement: the project $2 in its new shard $1, its guideline ($18: the hash), counters, its maker as researcher, the log's entry,
-- and the answer $14 under the key $12 (null: no key), so that a retry finds it. No row is made when the key is known.
with keyed as (
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select 0, $11::uuid, $12::uuid, $13::bytea, 201, $14::text where $12::uuid is not null
    on conflict do nothing
    returning key
), go as (
    select 1 as one where $12::uuid is null or exists (select from keyed)
), p as (
    insert into project (shard_key, project_id, name, settings, judgments_per_item, lease_seconds, simulated,
        community_shard_key, community_id, created_by)
    select $1::bigint, $2::uuid, $3::text, $4::jsonb, $5::integer, $6::integer, $7::boolean, $8::bigint, $9::uuid,
        $11::uuid
    from go
), g as (
    insert into guideline (shard_key, version, text, text_hash, task)
    select $1::bigint, 1, $10::jsonb, $18::bytea, $4::jsonb->'task' from go
), c as (
    insert into project_counter (shard_key, stripe) select $1::bigint, 0 from go
), m as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select $1::bigint, $15::uuid, $11::uuid, 2 from go
), q as ( -- the quotas' cells: codes in hex, how many are wanted in all and of each item (null: no limit), of what
    insert into quota_count (shard_key, item_id, cell, unit, n_wanted, n_per_item)
    select $1::bigint, '00000000-0000-0000-0000-000000000000', decode(u.cell, 'hex'), $22::text, u.n_wanted, u.n_per_item
    from go, unnest($19::text[], $20::bigint[], $21::bigint[]) u (cell, n_wanted, n_per_item)
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $16::uuid, $17::text from go
)
select exists (select from go), old.request_hash = $13::bytea, old.body
from (select 1) one
left join idempotency old on old.shard_key = 0 and old.actor = $11::uuid and old.key = $12::uuid
