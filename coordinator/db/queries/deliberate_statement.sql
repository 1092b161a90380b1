-- Statement $2 of community $1, for whoever decides on it: its words as they are shown, as they are sealed, and who can open them.
select s.words, s.sealed, m.person_id, s.conversation_id
from statement s left join participation m on m.shard_key = s.shard_key and m.participant_id = s.participant_id
where s.shard_key = $1::bigint and s.statement_id = $2::uuid
