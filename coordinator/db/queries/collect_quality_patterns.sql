-- How often units were judged in each way: the measure, a row for each pattern of counts, and how many units show it.
select measure, counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7], counts[8], counts[9], times
from tally_pattern p where shard_key = $1::bigint and times > 0 order by measure, p.counts
