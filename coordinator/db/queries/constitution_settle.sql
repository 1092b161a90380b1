-- Closes an amendment as decided on these tallies ($5 to $7) and this latest version ($8), and adopts its document ($9)
-- as the next. No row: something has moved, or another coordinator was first.
with closed as (
    update amendment set state = $3::text, outcome = $4::jsonb
    where shard_key = $1::bigint and amendment_id = $2::uuid and state = 'open' and closes_at <= now()
        and n_yes = $5::integer and n_no = $6::integer and n_abstain = $7::integer
        and not exists (select from constitution k where k.shard_key = $1::bigint and k.version > $8::integer)
    returning shard_key, amendment_id
), adopted as (
    insert into constitution (shard_key, version, document, document_hash, amendment_id)
    select shard_key, $8::integer + 1, $9::text, $10::bytea, amendment_id from closed where $9::text is not null
), logged as (
    insert into log_outbox (shard_key, entry_id, entry)
    select shard_key, $11::uuid, $12::text from closed
    union all
    select shard_key, $13::uuid, $14::text from closed where $9::text is not null
), e as (
    insert into event (shard_key, event_id, kind, object_id, more)
    select shard_key, $15::uuid, 'amendment.state_changed', amendment_id, jsonb_build_object('state', $3::text) from closed
)
select count(*) from closed
