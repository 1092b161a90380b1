update worker set revoked_at = coalesce(revoked_at, now()) where worker_id = $1::uuid returning 1
