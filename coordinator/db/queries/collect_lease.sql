-- What participant $3 was shown under lease $2, for answers that name places on screen.
select shown from assignment where shard_key = $1::bigint and lease_id = $2::uuid and participant_id = $3::uuid
