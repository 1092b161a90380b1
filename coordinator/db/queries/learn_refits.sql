select r.method, r.attribute, r.options, r.share, r.least_s, (extract(epoch from r.set_at) * 1000000)::bigint, last.fit_id, last.state,
    last.n_counted, c.n
from refit r
-- include last_fit
where r.shard_key = $1::bigint order by r.method
