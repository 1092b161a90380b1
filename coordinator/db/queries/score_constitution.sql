-- The version of a community's constitution that was in force at a time.
select coalesce(max(version), 0) from constitution
where shard_key = $1::bigint and created_at <= timestamptz 'epoch' + $2::bigint * interval '1 microsecond'
