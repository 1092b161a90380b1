update token set revoked_at = coalesce(revoked_at, now())
where token_id = $1::uuid and (person_id = $2::uuid or $3::boolean)
returning token_id
