-- Statement $2 of community $1 is decided on: $3 (shown, rejected, merged), because of $4, into $5 (a shown one of its conversation), with the public
-- copy $6 of its words. Answers what became of it: ok, absent, or into (there is no such statement to merge it into).
with s as materialized (
    select s.*, $5::uuid is null or exists (select from statement o where o.shard_key = s.shard_key and o.statement_id = $5::uuid
        and o.conversation_id = s.conversation_id and o.state = 'shown' and o.statement_id <> s.statement_id) as is_able
    from statement s where s.shard_key = $1::bigint and s.statement_id = $2::uuid for update
), decided as (
    update statement t set state = $3::text, reason = $4::text, merged_into = $5::uuid, words = $6::text, decided_at = now()
    from s where t.shard_key = s.shard_key and t.statement_id = s.statement_id and s.is_able
    returning t.statement_id
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $7::uuid, $8::text from decided
    on conflict do nothing
)
select case when not exists (select from s) then 'absent' when exists (select from decided) then 'ok' else 'into' end
