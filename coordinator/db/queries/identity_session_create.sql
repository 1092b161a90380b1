insert into session (session_id, secret_hash, person_id, expires_at)
values ($1::uuid, $2::bytea, $3::uuid, now() + make_interval(secs => $4::bigint))
returning (extract(epoch from expires_at) * 1000000)::bigint
