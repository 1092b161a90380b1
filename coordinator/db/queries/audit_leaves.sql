select leaf_hash from log_entry where sequence >= $1::bigint order by sequence limit $2::integer
