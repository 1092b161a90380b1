-- What person $1 said in all conversations, the newest first, in the columns of deliberate_statements.sql; with shard and conversation.
select s.statement_id, s.n, s.kind, s.words, s.sealed, m.person_id, s.state, s.reason, s.merged_into, s.appeal_sealed,
    (extract(epoch from s.appealed_at) * 1000000)::bigint, (extract(epoch from s.decided_at) * 1000000)::bigint,
    (extract(epoch from s.created_at) * 1000000)::bigint, s.n_agree, s.n_disagree, s.n_pass, v.choice, v.is_important,
    s.participant_id is not null and s.participant_id = q.participant_id, c.settings->>'results',
    c.state <> 'open' or coalesce(c.closes_at <= now(), false), s.participant_id, c.conversation_id, s.shard_key, c.title::text
from participation q
join statement s on s.shard_key = q.shard_key and s.participant_id = q.participant_id
join conversation c on c.shard_key = s.shard_key and c.conversation_id = s.conversation_id
left join participation m on m.shard_key = s.shard_key and m.participant_id = s.participant_id
left join lateral (
    select choice, is_important from statement_vote v
    where v.shard_key = s.shard_key and v.statement_id = s.statement_id and v.participant_id = q.participant_id order by v.revision desc limit 1
) v on true
where q.person_id = $1::uuid and ($2::uuid = '00000000-0000-0000-0000-000000000000' or s.statement_id < $2::uuid)
order by s.statement_id desc limit $3::integer
