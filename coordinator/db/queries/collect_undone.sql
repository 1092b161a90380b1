-- The lease that participant $2 got back by the undo with key $3, as it was then, in the columns of collect_assignment.sql.
select p.state, true, v.lease_id, (extract(epoch from (v.answer->>'expires_at')::timestamptz) * 1000000)::bigint,
    v.item_id, i.prompt, i.language, i.warning, task_of($1::bigint, v.guideline_version, p.guideline_version, p.task), v.guideline_version, v.constitution_version,
    (select json_agg(case when p.blind or r.model is null
            then json_build_object('slot', s.name, 'content', r.content)
            else json_build_object('slot', s.name, 'content', r.content, 'model', r.model) end order by s.ord)
        from (
            select k, ord, case when p.task->>'kind' = 'pairwise' then (array['left', 'right'])[ord]
                when ord <= 26 then chr(96 + ord::integer)
                else chr(96 + (ord::integer - 1) / 26) || chr(97 + (ord::integer - 1) % 26) end as name
            from unnest(v.shown) with ordinality u (k, ord)
        ) s
        join response r on r.shard_key = $1::bigint and r.item_id = v.item_id and r.n = s.k),
    case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (v.n + get_byte(uuid_send(v.item_id), 15)) % 2 = 0 then i.later end end
from judgment v
join project p on p.shard_key = v.shard_key
join item i on i.shard_key = v.shard_key and i.item_id = v.item_id
where v.shard_key = $1::bigint and v.participant_id = $2::uuid and v.idempotency_key = $3::uuid and v.outcome = 'void'
