insert into enrolment (secret_hash, expires_at) values ($1::bytea, now() + $2::bigint * interval '1 second')
returning (extract(epoch from expires_at) * 1000000)::bigint
