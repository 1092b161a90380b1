-- How far those who joined came: how many joined, read the guideline, gave a first judgment, gave ten; and how many left or were excluded.
select count(*), count(*) filter (where exists (select from guideline_read r where r.shard_key = m.shard_key and r.participant_id = m.participant_id)),
    count(*) filter (where t.n > 0), count(*) filter (where t.n >= 10), count(*) filter (where m.state = 'left'), count(*) filter (where m.state = 'excluded')
from participation m
left join tally_person t on t.shard_key = m.shard_key and t.participant_id = m.participant_id
where m.shard_key = $1::bigint and m.source_id is null and (m.roles & 8 <> 0 or t.participant_id is not null or m.state = 'excluded')
