-- The size of what will be sent, and whether every response has an embedding of one length.
select count(distinct r.item_id), count(*), count(r.embedding), coalesce(min(octet_length(r.embedding)), 0),
    coalesce(max(octet_length(r.embedding)), 0)
from response r
where r.shard_key = $1::bigint
    and exists (select from judgment j where j.shard_key = $1::bigint and j.item_id = r.item_id)
