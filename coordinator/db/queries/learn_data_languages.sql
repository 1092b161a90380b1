-- The languages of items with a judgment, at most $2, in the order of their bytes.
select distinct i.language collate "C" as language
from item i
where i.shard_key = $1::bigint and octet_length(i.language) between 1 and $3::bigint
    and exists (select from judgment j where j.shard_key = $1::bigint and j.item_id = i.item_id)
order by 1 limit $2::bigint
