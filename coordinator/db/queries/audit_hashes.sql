-- Runs of hashes: levels ($1), first numbers ($2) and counts ($3), in order.
select h.hash
from unnest($1::text[], $2::text[], $3::text[]) with ordinality as r (level, first, count, ord)
cross join lateral (
    select sequence as n, leaf_hash as hash from log_entry
    where r.level::integer = 0 and sequence >= r.first::bigint and sequence < r.first::bigint + r.count::bigint
    union all
    select n, hash from log_node
    where level = r.level::smallint and n >= r.first::bigint and n < r.first::bigint + r.count::bigint
) h
order by r.ord, h.n
