-- Names of the models that made the responses of items with a judgment, at most $2, in the order of their bytes.
select distinct r.model collate "C" as model
from response r
where r.shard_key = $1::bigint and r.model <> ''
    and exists (select from judgment j where j.shard_key = $1::bigint and j.item_id = r.item_id)
order by 1 limit $2::bigint
