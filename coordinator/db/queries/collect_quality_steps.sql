-- How far those who joined came: how many joined, read the guideline, said what quotas need, answered something to practise on and to qualify by,
-- gave a first judgment, gave ten, completed their submission; and how many left or were excluded.
select count(*), count(*) filter (where exists (select from guideline_read r where r.shard_key = m.shard_key and r.participant_id = m.participant_id)),
    count(m.quota_version), count(g.practised), count(g.tested),
    count(*) filter (where t.n > 0), count(*) filter (where t.n >= 10), count(s.participant_id),
    count(*) filter (where m.state = 'left'), count(*) filter (where m.state = 'excluded')
from participation m
left join tally_person t on t.shard_key = m.shard_key and t.participant_id = m.participant_id
left join (
    select participant_id, nullif(bool_or(role = 'practice'), false) as practised, nullif(bool_or(role = 'qualification'), false) as tested
    from gold_task where shard_key = $1::bigint and state = 'judged' group by participant_id
) g on g.participant_id = m.participant_id
left join submission s on s.shard_key = m.shard_key and s.participant_id = m.participant_id and s.state = 'completed'
where m.shard_key = $1::bigint and m.source_id is null and (m.roles & 8 <> 0 or t.participant_id is not null or m.state = 'excluded')
