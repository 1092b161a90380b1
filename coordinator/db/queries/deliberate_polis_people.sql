-- The votes of each person that count in conversation $2 of $1, by person and statement, after how many statements are theirs. Who has not voted has one
-- row without a vote.
with
-- include polis_people
select p.number, (select count(*) from statement s where s.shard_key = $1::bigint and s.conversation_id = $2::uuid and s.participant_id = p.participant_id),
    v.n - 1, v.vote
from people p
left join (
    select distinct on (v.participant_id, v.statement_id) v.participant_id, s.n, case v.choice when 'agree' then 1 when 'disagree' then -1 else 0 end as vote
    from statement_vote v
    join statement s on s.shard_key = v.shard_key and s.statement_id = v.statement_id
    where v.shard_key = $1::bigint and v.conversation_id = $2::uuid
    order by v.participant_id, v.statement_id, v.revision desc
) v on v.participant_id = p.participant_id
order by p.number, v.n
