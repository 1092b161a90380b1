-- Chat $2 of participant $3 in shard $1: a row a turn and response, of each response what is whole, or else what came last. Ratings are
-- as a ranking of those rated best by the first dimension that puts responses in an order.
select c.state, p.state, p.project_id, p.task->'chat', p.task->>'kind', t.turn, t.turn_id, t.message_sealed, t.shown, t.goes_on,
    t.endpoints, r.n, r.state, r.content_sealed, r.attempt, e.name, a.lease_id, j.outcome, coalesce(j.answer->'ranking', best.ranking), j.strength,
    t.idempotency_key, t.request_hash
from chat c
join project p on p.shard_key = c.shard_key
left join chat_turn t on t.shard_key = c.shard_key and t.chat_id = c.chat_id
left join lateral (
    select distinct on (r.n) r.n, r.state, r.content_sealed, r.endpoint_id,
        max(r.attempt) over (partition by r.n) as attempt
    from chat_response r where r.shard_key = c.shard_key and r.turn_id = t.turn_id
    order by r.n, (r.state = 'whole') desc, r.attempt desc
) r on true
left join endpoint e on e.shard_key = c.shard_key and e.endpoint_id = r.endpoint_id
left join assignment a on a.shard_key = c.shard_key and a.item_id = t.turn_id and a.n = 0
left join lateral (
    select outcome, answer, strength from judgment j
    where j.shard_key = c.shard_key and j.lease_id = a.lease_id order by j.revision desc limit 1
) j on j.outcome <> 'void'
left join lateral (
    select jsonb_build_array(jsonb_agg(slot::integer)) as ranking
    from (
        select slot, value, max(value) over () as most
        from (select d->>'id' as id from jsonb_array_elements(p.task->'dimensions') with ordinality u (d, place)
            where d->>'about' = 'response' and d->>'scale' <> 'yes_no_unsure' order by place limit 1) d
        cross join lateral jsonb_each_text(j.answer->'ratings'->d.id) s (slot, text)
        cross join lateral (select text::numeric as value) v
    ) r where value = most
) best on j.outcome = 'rating'
where c.shard_key = $1::bigint and c.chat_id = $2::uuid and c.participant_id = $3::uuid
order by t.turn, r.n
