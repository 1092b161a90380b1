-- Statements of conversation $2 of community $1 after $5 in their order, $6 at the most, as $3 sees them: those that are shown ($4 shown), their own
-- (mine), those that wait for a decision (waiting), those that were decided against (decided).
select s.statement_id, s.n, s.kind, s.words, s.sealed, m.person_id, s.state, s.reason, s.merged_into, s.appeal_sealed,
    (extract(epoch from s.appealed_at) * 1000000)::bigint, (extract(epoch from s.decided_at) * 1000000)::bigint,
    (extract(epoch from s.created_at) * 1000000)::bigint, s.n_agree, s.n_disagree, s.n_pass, v.choice, v.is_important,
    s.participant_id is not null and s.participant_id = $3::uuid, c.settings->>'results',
    c.state <> 'open' or coalesce(c.closes_at <= now(), false), s.participant_id, c.conversation_id
from conversation c
join statement s on s.shard_key = c.shard_key and s.conversation_id = c.conversation_id
left join participation m on m.shard_key = s.shard_key and m.participant_id = s.participant_id
left join lateral (
    select choice, is_important from statement_vote v
    where v.shard_key = s.shard_key and v.statement_id = s.statement_id and v.participant_id = $3::uuid order by v.revision desc limit 1
) v on true
where c.shard_key = $1::bigint and c.conversation_id = $2::uuid and s.n > $5::integer
    and case $4::text when 'shown' then s.state = 'shown' when 'mine' then s.participant_id = $3::uuid
        when 'waiting' then s.state = 'waiting' or s.appealed_at > s.decided_at else s.state in ('rejected', 'merged') end
order by s.n limit $6::integer
