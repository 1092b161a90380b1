-- Conversation $2 of community $1 is closed, or open again, until $4; the same again changes nothing and leaves no entry of the log.
with was as materialized (
    select state, closes_at from conversation where shard_key = $1::bigint and conversation_id = $2::uuid for update
), changed as (
    update conversation c set state = coalesce($3::text, c.state),
        closes_at = case when $5::boolean then 'epoch'::timestamptz + $4::bigint * interval '1 microsecond' else c.closes_at end
    from was
    where c.shard_key = $1::bigint and c.conversation_id = $2::uuid
        and (was.state <> coalesce($3::text, was.state)
            or ($5::boolean and was.closes_at is distinct from 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'))
    returning c.state
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $6::uuid, $7::text from changed
    on conflict do nothing
)
select exists (select from was)
