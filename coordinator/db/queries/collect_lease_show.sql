-- A lease that is out, in the columns of collect_assignment.sql.
select p.state, true, a.lease_id, (extract(epoch from a.expires_at) * 1000000)::bigint, a.item_id, i.prompt, i.language,
    i.warning, task_of($1::bigint, a.guideline_version, p.guideline_version, p.task), a.guideline_version, a.constitution_version,
    (select json_agg(case when p.blind or r.model is null
            then json_build_object('slot', s.name, 'content', r.content)
            else json_build_object('slot', s.name, 'content', r.content, 'model', r.model) end order by s.ord)
        from (
            select k, ord, case when p.task->>'kind' = 'pairwise' then (array['left', 'right'])[ord]
                when ord <= 26 then chr(96 + ord::integer)
                else chr(96 + (ord::integer - 1) / 26) || chr(97 + (ord::integer - 1) % 26) end as name
            from unnest(a.shown) with ordinality u (k, ord)
        ) s
        join response r on r.shard_key = $1::bigint and r.item_id = a.item_id and r.n = s.k),
    case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (a.n + get_byte(uuid_send(a.item_id), 15)) % 2 = 0 then i.later end end
from assignment a
join project p on p.shard_key = a.shard_key
join item i on i.shard_key = a.shard_key and i.item_id = a.item_id
where a.shard_key = $1::bigint and a.lease_id = $2::uuid and a.participant_id = $3::uuid
