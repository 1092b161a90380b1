select erase_participation($1::bigint, $2::uuid)
