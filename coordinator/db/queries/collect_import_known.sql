-- Which of these annotators are there.
select i.ord, p.participant_id
from unnest($2::text[]) with ordinality as i (source_id, ord)
join participation p on p.shard_key = $1::bigint and p.source_id = i.source_id
