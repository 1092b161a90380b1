select state, count(*) from submission where shard_key = $1::bigint group by state
