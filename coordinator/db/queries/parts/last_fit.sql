-- Of each schedule r the last fit of its kind that tells how many judgments there were, and how many there are now.
cross join lateral (
    select coalesce(sum(n_counted + n_imported), 0)::bigint as n from project_counter c where c.shard_key = r.shard_key) c
left join lateral (
    select f.fit_id, f.state, f.n_counted, f.created_at from fit f where f.shard_key = r.shard_key and f.method = r.method
        and f.attribute is not distinct from r.attribute and f.n_counted is not null
    order by f.fit_id desc limit 1) last on true
