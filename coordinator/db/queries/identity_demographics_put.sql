select version, (extract(epoch from given_at) * 1000000)::bigint from give_demographics($1::uuid, $2::bytea, $3::text)
where version is not null
