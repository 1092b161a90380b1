select shard_key from participation where person_id = $1::uuid
