-- Participant $3 reports the item that they have or had as task $4, for reason $5 with the words $6. No row: it is not theirs.
-- Answers whether this is the first time, and the report's id, state and time.
with seen as (
    select item_id from assignment where shard_key = $1::bigint and lease_id = $4::uuid and participant_id = $3::uuid
    union
    select item_id from gold_task where shard_key = $1::bigint and lease_id = $4::uuid and participant_id = $3::uuid
    union
    select item_id from judgment where shard_key = $1::bigint and lease_id = $4::uuid and participant_id = $3::uuid
), made as (
    insert into report (shard_key, report_id, object_kind, object_id, participant_id, reason, words_sealed)
    select $1::bigint, $2::uuid, 'item', item_id, $3::uuid, $5::text, $6::bytea from seen
    on conflict (shard_key, object_id, participant_id) do nothing
    returning report_id, state, created_at
), e as (
    insert into event (shard_key, event_id, kind, object_id)
    select $1::bigint, $7::uuid, 'report.created', report_id from made
)
select true, report_id, state, (extract(epoch from created_at) * 1000000)::bigint from made
union all
select false, r.report_id, r.state, (extract(epoch from r.created_at) * 1000000)::bigint
from seen s join report r on r.shard_key = $1::bigint and r.object_id = s.item_id and r.participant_id = $3::uuid
where not exists (select from made)
