-- How many have judged in $1.
select count(*) from tally_person where shard_key = $1::bigint and n > 0
