select clear_quota_cell($1::bigint, $2::uuid)
