-- The votes of conversation $2 of $1, each change of mind among them, in their order, as Polis exports votes.
with
-- include polis_people
select (extract(epoch from v.voted_at) * 1000)::bigint, s.n - 1, p.number, case v.choice when 'agree' then 1 when 'disagree' then -1 else 0 end
from statement_vote v
join statement s on s.shard_key = v.shard_key and s.statement_id = v.statement_id
join people p on p.participant_id = v.participant_id
where v.shard_key = $1::bigint and v.conversation_id = $2::uuid
order by v.seq
