update session set revoked_at = coalesce(revoked_at, now()) where session_id = $1::uuid and person_id = $2::uuid
returning session_id
