select version, sealed, consent_version, given_at from demographic_answer
where person_id = $1::uuid order by version desc limit 1
