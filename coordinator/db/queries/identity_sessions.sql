select session_id, created_at, expires_at from session
where person_id = $1::uuid and revoked_at is null and expires_at > now() and session_id > $2::uuid
order by session_id limit $3::integer
