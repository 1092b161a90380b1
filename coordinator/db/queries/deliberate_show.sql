-- Conversation $2 of community $1, in the columns of deliberate_list.sql, and beside them the community; how many statements are shown,
-- how many of them $3 voted on, and how many wait for a decision.
select c.conversation_id, c.title::text, c.about::text, c.settings::text,
    case when c.state = 'open' and c.closes_at <= now() then 'closed' else c.state end,
    c.n_statements, c.n_votes, c.n_people, (extract(epoch from c.created_at) * 1000000)::bigint,
    (extract(epoch from c.closes_at) * 1000000)::bigint,
    k.community_id,
    (select count(*) from statement s where s.shard_key = c.shard_key and s.conversation_id = c.conversation_id and s.state = 'shown'),
    (select count(distinct v.statement_id) from statement_vote v
        join statement s on s.shard_key = v.shard_key and s.statement_id = v.statement_id and s.state = 'shown'
        where v.shard_key = c.shard_key and v.conversation_id = c.conversation_id and v.participant_id = $3::uuid),
    (select count(*) from statement s where s.shard_key = c.shard_key and s.conversation_id = c.conversation_id
        and (s.state = 'waiting' or s.appealed_at is not null) and (s.state = 'waiting' or s.appealed_at > s.decided_at))
from conversation c
join community k on k.shard_key = c.shard_key
where c.shard_key = $1::bigint and c.conversation_id = $2::uuid
