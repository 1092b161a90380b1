-- What people said twice: the measure and its sums (collect_tally_repeats.sql).
select measure, sums[1]::double precision, sums[2]::double precision, sums[3]::double precision, sums[4]::double precision, sums[5]::double precision,
    sums[6]::double precision
from tally_repeat where shard_key = $1::bigint order by measure
