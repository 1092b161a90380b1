-- The panel of project $1, $2: no row, there is no such project; null, it has none.
select n.settings, n.secret_sealed is not null, case when n.old_until > now() then (extract(epoch from n.old_until) * 1000000)::bigint end
from project p left join panel n on n.shard_key = p.shard_key
where p.shard_key = $1::bigint and p.project_id = $2::uuid
