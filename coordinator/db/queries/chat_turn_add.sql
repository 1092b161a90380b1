-- Turn $4 (the next one) with id $5 of chat $2, by participant $3: only while study and chat are open, the turn before has been
-- judged, and no other took its number. The key $11 finds what was made by it before. $13 to $16 is told of its words.
with p as materialized (
    select state from project where shard_key = $1::bigint
), c as materialized (
    select chat_id from chat
    where shard_key = $1::bigint and chat_id = $2::uuid and participant_id = $3::uuid and state = 'open' for update
), known as materialized (
    select turn, turn_id, chat_id = $2::uuid and request_hash = $12::bytea as same from chat_turn
    where shard_key = $1::bigint and participant_id = $3::uuid and idempotency_key = $11::uuid
), made as (
    insert into chat_turn (shard_key, chat_id, turn, turn_id, participant_id, goes_on, message_sealed, endpoints, shown,
        constitution_version, idempotency_key, request_hash)
    select $1::bigint, c.chat_id, $4::smallint, $5::uuid, $3::uuid, $6::smallint, $7::bytea, $8::uuid[], $9::smallint[],
        $10::integer, $11::uuid, $12::bytea
    from c, p
    where p.state = 'open' and not exists (select from known)
        and $4::smallint = (select count(*) from chat_turn t where t.shard_key = $1::bigint and t.chat_id = $2::uuid)
        and not exists (select from assignment a
            where a.shard_key = $1::bigint and a.participant_id = $3::uuid and a.state = 'leased')
    on conflict do nothing
    returning turn_id
), worded as (
    insert into words (shard_key, text_id, revision, participant_id, is_pasted, is_untyped, shingles, bands)
    select $1::bigint, turn_id, 1, $3::uuid, $13::boolean, $14::boolean, $15::integer[], $16::bigint[] from made where $15::integer[] is not null
)
select exists (select from made), k.turn, k.turn_id, k.same from (select 1) one left join known k on true
