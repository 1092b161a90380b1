-- What became of attempt $4 at the answers of turn $2: $3, a list of calls. With $5 (the words, sealed for person $6) all
-- answers are whole: the turn is an item, and its slot is leased to who wrote ($7). Twice is once; of two coordinators that
-- asked the same at once, one makes the item, of its own answers. What comes when the chat has ended is kept, and asks nothing.
with t as materialized (
    select t.turn_id, t.participant_id, t.shown, t.constitution_version, cardinality(t.endpoints)::smallint as n_responses,
        c.state = 'open' as is_open
    from chat_turn t join chat c on c.shard_key = t.shard_key and c.chat_id = t.chat_id
    where t.shard_key = $1::bigint and t.turn_id = $2::uuid for share of c
), input as materialized (
    select * from jsonb_to_recordset($3::jsonb) as r (n smallint, endpoint uuid, model text, parameters jsonb, state text,
        content text, status smallint, tries smallint, first_token_ms integer, whole_ms integer, finish_reason text)
), said as (
    insert into chat_response (shard_key, turn_id, n, attempt, endpoint_id, model, parameters, state, content_sealed, status,
        tries, first_token_ms, whole_ms, finish_reason)
    select $1::bigint, t.turn_id, i.n, $4::smallint, i.endpoint, i.model, i.parameters, i.state, decode(i.content, 'hex'),
        i.status, i.tries, i.first_token_ms, i.whole_ms, i.finish_reason
    from t, input i
    on conflict do nothing
    returning n
), made as (
    insert into item (shard_key, item_id, prompt, n_responses, tags, content_hash)
    select $1::bigint, t.turn_id, '[]', t.n_responses, '{chat}', $8::bytea from t
    where $5::bytea is not null and t.is_open and (select count(*) from said) = (select count(*) from input)
    on conflict do nothing
    returning item_id
), words as (
    insert into item_sealed (shard_key, item_id, person_id, sealed)
    select $1::bigint, item_id, $6::uuid, $5::bytea from made
), answers as (
    insert into response (shard_key, item_id, n, content, model, meta)
    select $1::bigint, m.item_id, r.n, '', r.model, jsonb_build_object('machine', true, 'parameters', r.parameters,
        'first_token_ms', r.first_token_ms, 'whole_ms', r.whole_ms, 'finish_reason', r.finish_reason)
    from made m, (
        select n, model, parameters, first_token_ms, whole_ms, finish_reason from input where state = 'whole'
        union all
        select n, model, parameters, first_token_ms, whole_ms, finish_reason from chat_response
        where shard_key = $1::bigint and turn_id = $2::uuid and state = 'whole' and attempt < $4::smallint
    ) r
), slot as (
    insert into assignment (shard_key, item_id, n, state, order_key, n_responses, lease_id, participant_id, leased_at,
        expires_at, shown, strategy, guideline_version, constitution_version)
    select $1::bigint, m.item_id, 0, 'leased', 0, t.n_responses, $7::uuid, t.participant_id, now(),
        now() + interval '100 years', t.shown, 'chat', p.guideline_version, t.constitution_version
    from made m, t, project p where p.shard_key = $1::bigint
), counted as (
    insert into project_counter (shard_key, stripe, n_items, n_wanted)
    select $1::bigint, $9::smallint, 1, 1 from made
    on conflict (shard_key, stripe) do update set n_items = project_counter.n_items + 1,
        n_wanted = project_counter.n_wanted + 1
)
select exists (select from made), coalesce((select $7::uuid from made), (select lease_id from assignment
    where shard_key = $1::bigint and item_id = $2::uuid and n = 0))
