-- Whether the votes of conversation $2 of $1 may be seen by now; then an entry of the log ($3, $4) tells that somebody took them. Its title, its text, and
-- how many statements, people who voted and people who said something.
with c as materialized (
    select conversation_id, title, settings, state = 'closed' or coalesce(closes_at <= now(), false) or settings->>'results' = 'always' as is_told
    from conversation where shard_key = $1::bigint and conversation_id = $2::uuid
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $3::uuid, $4::text from c where is_told
    on conflict do nothing
)
select is_told, title::text, settings->'text',
    (select coalesce(max(n), 0) from statement s where s.shard_key = $1::bigint and s.conversation_id = $2::uuid),
    (select count(distinct participant_id) from statement_vote v where v.shard_key = $1::bigint and v.conversation_id = $2::uuid),
    (select count(distinct participant_id) from statement s where s.shard_key = $1::bigint and s.conversation_id = $2::uuid)
from c
