select exists (select from participation where shard_key = 0 and roles & 1 = 1 and state = 'active')
