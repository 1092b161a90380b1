select coalesce(max(version), 0) from constitution where shard_key = $1::bigint
