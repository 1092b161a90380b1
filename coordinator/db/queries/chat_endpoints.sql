-- The endpoints of study $1 that are in use, in the order they were made.
select endpoint_id, name, url, model, parameters, key_sealed is not null, (extract(epoch from created_at) * 1000000)::bigint,
    key_sealed
from endpoint where shard_key = $1::bigint and removed_at is null order by endpoint_id limit 200
