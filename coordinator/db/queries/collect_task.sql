-- What the rules of a judgment are in this shard now, by which setup the quotas are so, and whether a panel is set.
select p.project_id, p.task, p.community_shard_key, p.simulated, p.settings->'quotas',
    jsonb_build_object('onboarding', p.settings->'onboarding', 'attention_share', p.settings->'attention_share'), p.repeat_share > 0,
    p.strategy <> 'least_judged', (p.settings #>> '{session,max_tasks_per_day}')::integer, p.setup,
    exists (select from panel n where n.shard_key = p.shard_key)
from project p where p.shard_key = $1::bigint
