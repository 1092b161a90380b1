-- What study $1, $2 asks, by which version of its guideline, and the community that it follows.
select settings->'task', guideline_version, community_shard_key, community_id
from project where shard_key = $1::bigint and project_id = $2::uuid
