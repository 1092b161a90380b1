-- The community $1, $2 and the latest version of its constitution (null: it has none yet).
select (select k.document from constitution k where k.shard_key = c.shard_key order by k.version desc limit 1)
from community c where c.shard_key = $1::bigint and c.community_id = $2::uuid
