-- Studies that a webhook listens to and whose judgments have moved on since they were last told of, ten seconds ago or more.
-- A chat is never complete: each turn is wanted only when somebody has written it.
select p.shard_key, p.project_id, n.counted, coalesce(t.n_judgments, 0), n.is_complete, coalesce(t.is_complete, false)
from project p
cross join lateral (
    select coalesce(sum(n_counted), 0)::bigint as counted,
        coalesce(sum(n_wanted) > 0 and sum(n_counted) >= sum(n_wanted) and p.task->'chat' is null, false) as is_complete
    from project_counter c where c.shard_key = p.shard_key
) n
left join project_told t on t.shard_key = p.shard_key
where exists (select from webhook w where w.state = 'on' and w.shard_key in (0, p.shard_key)
        and w.kinds && '{judgment.recorded,project.completed}')
    and (n.counted <> coalesce(t.n_judgments, 0) or n.is_complete <> coalesce(t.is_complete, false))
    and coalesce(t.told_at < now() - interval '10 seconds', true)
limit 100
