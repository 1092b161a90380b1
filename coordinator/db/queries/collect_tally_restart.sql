select tally_start_over($1::bigint)
