select sealed from demographic_answer where person_id = $1::uuid and sealed is not null
