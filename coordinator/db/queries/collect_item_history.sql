-- Each revision of each judgment of item $2 of $1, the first first.
select j.judgment_id, j.participant_id, j.revision, j.outcome, j.strength, case when j.outcome = 'void' then '{}' else j.answer end, to_json(j.shown),
    j.active_ms, j.source, (extract(epoch from j.judged_at) * 1000000)::bigint, j.guideline_version,
    not exists (select from judgment later where later.shard_key = j.shard_key and later.lease_id = j.lease_id and later.revision > j.revision),
    m.state = 'excluded', j.n < 0
from judgment j
join participation m on m.shard_key = j.shard_key and m.participant_id = j.participant_id
where j.shard_key = $1::bigint and j.item_id = $2::uuid
order by j.judged_at, j.judgment_id
