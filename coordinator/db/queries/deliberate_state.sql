-- A statement $2 of participant $4 in conversation $3 of community $1: once a key, of $9 characters (the conversation says how many are too
-- many, and how many statements in a day), and only while the conversation is
-- open, which is held meanwhile. Who says something agrees with it. Answers what became of it, its id, state and number.
with held as materialized (
    select c.*, c.state = 'open' and (c.closes_at is null or c.closes_at > now()) as is_open,
        (select count(*) from statement s where s.shard_key = c.shard_key and s.participant_id = $4::uuid and s.conversation_id = c.conversation_id
            and s.created_at > now() - interval '1 day') as n_today
    from conversation c where c.shard_key = $1::bigint and c.conversation_id = $3::uuid for update
), known as materialized (
    select s.* from statement s where s.shard_key = $1::bigint and s.participant_id = $4::uuid and s.idempotency_key = $7::uuid
), made as (
    insert into statement (shard_key, statement_id, conversation_id, n, kind, words, sealed, participant_id, state, n_agree, idempotency_key, request_hash)
    select $1::bigint, $2::uuid, h.conversation_id, h.n_statements + 1, 'member', case when h.settings->>'moderation' = 'after' then $5::text end,
        $6::bytea, $4::uuid, case when h.settings->>'moderation' = 'after' then 'shown' else 'waiting' end, 1, $7::uuid, $8::bytea
    from held h
    where h.is_open and h.n_today < (h.settings->>'per_day')::integer and $9::bigint <= (h.settings->>'max_characters')::bigint
        and not exists (select from known)
    returning statement_id, state, n
), voted as (
    insert into statement_vote (shard_key, statement_id, participant_id, revision, conversation_id, seq, choice, demographics_version, idempotency_key, request_hash)
    select $1::bigint, m.statement_id, $4::uuid, 1, h.conversation_id, h.n_votes + 1, 'agree', $10::integer, $11::uuid, $8::bytea
    from made m, held h
), person as (
    insert into conversation_person as p (shard_key, conversation_id, participant_id, n_voted)
    select $1::bigint, h.conversation_id, $4::uuid, 1 from made m, held h
    on conflict (shard_key, conversation_id, participant_id) do update set n_voted = p.n_voted + 1
    returning n_voted
), counted as (
    update conversation c set n_statements = c.n_statements + 1, n_votes = c.n_votes + 1, n_people = c.n_people + (p.n_voted = 1)::integer
    from person p
    where c.shard_key = $1::bigint and c.conversation_id = $3::uuid
)
select case when m.statement_id is not null then 'made' when k.statement_id is not null then
        case when k.request_hash = $8::bytea and k.conversation_id = $3::uuid then 'same' else 'mismatch' end
        when not h.is_open then 'closed' when $9::bigint > (h.settings->>'max_characters')::bigint then 'too_long' else 'too_many' end,
    coalesce(m.statement_id, k.statement_id), coalesce(m.state, k.state), coalesce(m.n, k.n, (h.settings->>'max_characters')::integer)
from held h left join made m on true left join known k on true
