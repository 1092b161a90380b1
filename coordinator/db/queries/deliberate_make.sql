-- Makes conversation $2 of community $1 with its first statements $10 ([{id, words, kind}]), by person $7; the same key once. Answers
-- whether it is new, whether the request was the same, and the id. No row: what it is about is not there.
with there as (
    select 1 where $4::jsonb->>'amendment' is null
        or exists (select from amendment a where a.shard_key = $1::bigint and a.amendment_id = ($4::jsonb->>'amendment')::uuid)
), made as (
    insert into conversation (shard_key, conversation_id, title, about, settings, n_statements, created_by, closes_at, idempotency_key, request_hash)
    select $1::bigint, $2::uuid, $3::jsonb, $4::jsonb, $5::jsonb, jsonb_array_length($10::jsonb), $7::uuid,
        'epoch'::timestamptz + $6::bigint * interval '1 microsecond', $8::uuid, $9::bytea
    from there
    on conflict (shard_key, created_by, idempotency_key) do nothing
    returning conversation_id
), seeded as (
    insert into statement (shard_key, statement_id, conversation_id, n, kind, words, state)
    select $1::bigint, (s.one->>'id')::uuid, m.conversation_id, s.n, s.one->>'kind', s.one->>'words', 'shown'
    from made m, jsonb_array_elements($10::jsonb) with ordinality s (one, n)
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $11::uuid, $12::text from made
)
select true, true, conversation_id from made
union all
select false, c.request_hash = $9::bytea, c.conversation_id
from conversation c
where c.shard_key = $1::bigint and c.created_by = $7::uuid and c.idempotency_key = $8::uuid and not exists (select from made)
