select r.method, r.attribute, r.options, r.share, r.least_s, (extract(epoch from r.set_at) * 1000000)::bigint, last.fit_id, last.state,
    last.n_counted, (select coalesce(sum(n_counted + n_imported), 0)::bigint from project_counter c where c.shard_key = r.shard_key)
from refit r
left join lateral (
    select f.fit_id, f.state, f.n_counted from fit f where f.shard_key = r.shard_key and f.method = r.method
        and f.attribute is not distinct from r.attribute and f.n_counted is not null
    order by f.fit_id desc limit 1) last on true
where r.shard_key = $1::bigint order by r.method
