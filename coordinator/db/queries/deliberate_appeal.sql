-- Participant $3 asks for another decision on their statement $2 of community $1, with the words $4 (sealed): once a decision.
with a as (
    update statement s set appealed_at = now(), appeal_sealed = $4::bytea
    where s.shard_key = $1::bigint and s.statement_id = $2::uuid and s.participant_id = $3::uuid and s.state in ('rejected', 'merged')
        and (s.appealed_at is null or s.appealed_at < s.decided_at)
    returning s.statement_id
)
select case when exists (select from a) then 'ok'
    when s.state not in ('rejected', 'merged') then 'not_decided' else 'again' end
from statement s where s.shard_key = $1::bigint and s.statement_id = $2::uuid and s.participant_id = $3::uuid
