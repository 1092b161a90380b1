-- Is the community of this shard open to be read by anyone?
select exists (select from community where shard_key = $1::bigint and settings->>'visibility' = 'public')
