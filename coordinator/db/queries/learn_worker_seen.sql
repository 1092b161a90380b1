-- No row: unknown or revoked.
update worker set last_seen_at = now(), certificate_hash = $2::bytea
where worker_id = $1::uuid and revoked_at is null returning 1
