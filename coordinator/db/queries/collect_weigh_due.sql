-- A study that draws by a model and whose items were not weighed by the newest, or not all of them; with the model. While items come,
-- all are weighed again the more seldom the more there are (a second for a thousand): until then the new ones count as the best.
select p.shard_key, p.project_id, p.strategy, m.model_id, c.n_items
from project p
cross join lateral (
    select model_id from model m where m.shard_key = p.shard_key order by model_id desc limit 1
) m
cross join lateral (
    select coalesce(sum(n_items), 0)::bigint as n_items from project_counter c where c.shard_key = p.shard_key
) c
left join weighing w on w.shard_key = p.shard_key
where p.strategy in ('uncertainty', 'd_optimal', 'group_disagreement') and p.state <> 'closed'
    and ((w.strategy, w.model_id) is distinct from (p.strategy, m.model_id)
        or (w.n_items <> c.n_items and w.weighed_at < now() - make_interval(secs => c.n_items / 1000.0)))
order by p.shard_key limit 1
