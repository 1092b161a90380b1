-- The answers that hold to what has a known answer and a role, a row each: the item's id outside and what dataset_items.sql says of a
-- judgment, with role, try and whether it was as expected. Parameters as in dataset_raters.sql; none came with an import.
select coalesce(i.source_id, 'sha256-' || encode(i.content_hash, 'hex')),
    json_build_object('id', j.judgment_id, 'participant', j.participant_id, 'outcome', j.outcome, 'strength', j.strength,
        'answer', j.answer, 'shown', t.shown, 'active_ms', j.active_ms, 'wall_ms', j.wall_ms, 'guideline_version',
        t.guideline_version, 'constitution_version', t.constitution_version, 'judged_on',
        to_char(j.judged_at at time zone 'UTC', 'YYYY-MM-DD'), 'role', t.role, 'try', t.try, 'as_expected', j.as_expected)
from gold_task t
join item i on i.shard_key = t.shard_key and i.item_id = t.item_id
join participation p on p.shard_key = t.shard_key and p.participant_id = t.participant_id and ($7::boolean or p.state <> 'excluded')
cross join lateral (select * from gold_judgment j
    where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
where t.shard_key = $1::bigint and t.state = 'judged'
    and ($2::text is null or i.language = $2::text) and ($3::text[] is null or i.tags && $3::text[])
    and ($4::timestamptz is null or j.judged_at >= $4::timestamptz) and ($5::timestamptz is null or j.judged_at < $5::timestamptz)
    and coalesce($6::text, 'live') = 'live'
order by i.source_id collate "C" nulls last, i.content_hash, t.participant_id, t.try
