-- What has become of the submission of participant $2 in $1; $3: why there is no task more, or null. Null: there is none.
select settle_submission($1::bigint, $2::uuid, $3::text)
