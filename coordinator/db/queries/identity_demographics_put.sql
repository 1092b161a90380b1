insert into demographic_answer (person_id, version, sealed, consent_version)
select $1::uuid, coalesce(max(version), 0) + 1, $2::bytea, $3::text from demographic_answer where person_id = $1::uuid
returning version, (extract(epoch from given_at) * 1000000)::bigint
