-- A schedule whose time has come: enough is new since the last fit of its kind, whatever became of that, and it is long enough ago. A
-- study that has never been fitted so is due with its twentieth judgment.
select r.shard_key, r.project_id, r.method, r.attribute, r.options, r.set_by, c.n, last.fit_id, (
    select m.model_id from model m join fit f on f.shard_key = m.shard_key and f.fit_id = m.fit_id
    where m.shard_key = r.shard_key and f.method = r.method and f.attribute is not distinct from r.attribute
    order by m.model_id desc limit 1)
from refit r
-- include last_fit
where c.n >= 20 and (last.fit_id is null or (last.state not in ('queued', 'running') and c.n > last.n_counted
    and c.n >= last.n_counted * (1 + r.share::float8) and last.created_at < now() - make_interval(secs => r.least_s)))
order by r.shard_key, r.method limit 1
