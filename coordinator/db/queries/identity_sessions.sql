select session_id, (extract(epoch from created_at) * 1000000)::bigint, (extract(epoch from expires_at) * 1000000)::bigint from session
where person_id = $1::uuid and revoked_at is null and expires_at > now() and session_id > $2::uuid
order by session_id limit $3::integer
