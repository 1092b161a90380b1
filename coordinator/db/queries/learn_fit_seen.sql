-- What lease $3 of the fit read ($4).
update fit set seen = $4::pg_snapshot
where shard_key = $1::bigint and fit_id = $2::uuid and fence = $3::bigint returning 1
