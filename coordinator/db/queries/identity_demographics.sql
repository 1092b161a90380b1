select version, sealed, consent_version, (extract(epoch from given_at) * 1000000)::bigint from demographic_answer
where person_id = $1::uuid order by version desc limit 1
