-- What counts now, by outcome: how many, and how many of them given here.
select outcome, n, n_live from tally_outcome where shard_key = $1::bigint and n > 0 order by outcome
