-- The statements of conversation $2 of $1, newest first, as Polis exports comments.
with
-- include polis_people
select (extract(epoch from s.created_at) * 1000)::bigint, s.n - 1, coalesce(p.number, 0), s.n_agree, s.n_disagree,
    case s.state when 'shown' then 1 when 'waiting' then 0 else -1 end, coalesce(s.words, '')
from statement s left join people p on p.participant_id = s.participant_id
where s.shard_key = $1::bigint and s.conversation_id = $2::uuid
order by s.created_at desc, s.n desc
