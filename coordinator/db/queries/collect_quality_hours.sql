-- Judgments given here in each of the last 48 hours that had some.
select (extract(epoch from hour) * 1000000)::bigint, n
from tally_hour where shard_key = $1::bigint and n > 0 and hour > now() - interval '48 hours' order by hour
