-- When participant $2 of shard $1 may have another task, where $3 are answered in any 24 hours at the most: no row, at once. What they have
-- out they may have again.
select (extract(epoch from judged_at + interval '24 hours') * 1000000)::bigint
from (
    select judged_at from judgment
    where shard_key = $1::bigint and participant_id = $2::uuid and revision = 1 and judged_at > now() - interval '24 hours'
    union all
    select judged_at from gold_judgment
    where shard_key = $1::bigint and participant_id = $2::uuid and revision = 1 and judged_at > now() - interval '24 hours'
) recent
where not exists (select from assignment a where a.shard_key = $1::bigint and a.participant_id = $2::uuid and a.state = 'leased')
    and not exists (select from gold_task t where t.shard_key = $1::bigint and t.participant_id = $2::uuid and t.state = 'leased')
order by judged_at desc offset $3::integer - 1 limit 1
