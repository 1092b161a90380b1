-- The conversations of community $1, the newest first, before $2 (zero: from the newest), $3 at the most.
select c.conversation_id, c.title::text, c.about::text, c.settings::text,
    case when c.state = 'open' and c.closes_at <= now() then 'closed' else c.state end,
    c.n_statements, c.n_votes, c.n_people, (extract(epoch from c.created_at) * 1000000)::bigint,
    (extract(epoch from c.closes_at) * 1000000)::bigint
from conversation c
where c.shard_key = $1::bigint and ($2::uuid = '00000000-0000-0000-0000-000000000000' or c.conversation_id < $2::uuid)
order by c.conversation_id desc limit $3::integer
