-- A chat $2 of participant $3 in shard $1, unless one is open: then that one. So doing it twice is doing it once.
with p as materialized (
    select state, task->'chat' as chat from project where shard_key = $1::bigint and project_id = $4::uuid
), made as (
    insert into chat (shard_key, chat_id, participant_id)
    select $1::bigint, $2::uuid, $3::uuid from p
    where p.state = 'open' and jsonb_typeof(p.chat) = 'object'
        and (select count(*) from chat c where c.shard_key = $1::bigint and c.participant_id = $3::uuid) < $5::integer
    on conflict do nothing
    returning chat_id
)
select p.state, jsonb_typeof(p.chat) = 'object', exists (select from made), coalesce((select chat_id from made),
    (select chat_id from chat c where c.shard_key = $1::bigint and c.participant_id = $3::uuid and c.state = 'open'))
from p
