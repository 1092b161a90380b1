select state, coalesce(error, '') from fit where shard_key = $1::bigint and fit_id = $2::uuid
