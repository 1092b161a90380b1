-- Project $1, $2: its state $3, its name $4 (a text or texts by language; $5: the text for who has none in the study's own language), its
-- guideline $6 with its hash $7, its task $15; null: as it is. $16: of which version the last two are changes; null: of the latest. What says
-- nothing new changes nothing. A change of each is an entry of the log: $8 to $13, $17 and $18; $14 is the event. False: closed, or
-- changed by somebody else meanwhile.
with old as (
    select p.shard_key, p.state, coalesce(p.settings->'name', to_jsonb(p.name)) as name, coalesce($6::jsonb, g.text) as text,
        case when $6::jsonb is null then g.text_hash else $7::bytea end as text_hash, coalesce($15::jsonb, p.settings->'task') as task,
        $6::jsonb is not null and g.text_hash is distinct from $7::bytea as tells_new, p.settings->'task' <> $15::jsonb is true as asks_new
    from project p
    left join guideline g on g.shard_key = p.shard_key and g.version = p.guideline_version
    where p.shard_key = $1::bigint and p.project_id = $2::uuid and p.state <> 'closed' and p.guideline_version = coalesce($16::integer, p.guideline_version)
    for update of p
), p as (
    update project u set state = coalesce($3::text, u.state),
        name = case when $4::jsonb is null then u.name else coalesce($4::jsonb->>(u.settings->>'language'), $5::text) end,
        settings = jsonb_set(case when $4::jsonb is null then u.settings when jsonb_typeof($4::jsonb) = 'object' then jsonb_set(u.settings, '{name}', $4::jsonb)
            else u.settings - 'name' end, '{task}', old.task),
        guideline_version = u.guideline_version + (old.tells_new or old.asks_new)::integer
    from old where u.shard_key = $1::bigint and u.project_id = $2::uuid
    returning u.state, u.guideline_version
), g as (
    insert into guideline (shard_key, version, text, text_hash, task)
    select $1::bigint, p.guideline_version, old.text, old.text_hash, old.task from p, old where old.tells_new or old.asks_new
), l as (
    insert into log_outbox (shard_key, entry_id, entry)
    select $1::bigint, e.id, e.entry
    from old, lateral (values (old.state <> $3::text, $8::uuid, $9::text), (old.name <> $4::jsonb, $10::uuid, $11::text),
        (old.tells_new, $12::uuid, $13::text), (old.asks_new, $17::uuid, $18::text)) e (is_new, id, entry)
    where e.is_new
), e as (
    insert into event (shard_key, event_id, kind, object_id, more)
    select $1::bigint, $14::uuid, 'project.state_changed', $2::uuid, jsonb_build_object('state', p.state)
    from p, old where old.state <> p.state
)
select state, true from p
union all
select state, false from project
where shard_key = $1::bigint and project_id = $2::uuid and not exists (select from p)
