-- Version $2 of the answers of $1; sealed null: taken back.
select version, sealed from demographic_answer where person_id = $1::uuid and version = $2::integer
