-- Of measures with more than nine steps: by how many ratings units have, what their alpha rests on.
select measure, m, sums[1]::double precision, sums[2]::double precision, sums[3]::double precision, sums[4]::double precision, sums[5]::double precision,
    sums[6]::double precision, sums[7]::double precision, sums[8]::double precision, sums[9]::double precision
from tally_moment where shard_key = $1::bigint and sums[1] > 0 order by measure, m
