-- Project $1, $2: its state $3, its name $4 (a text or texts by language; $5: the text for who has none in the study's own language), its
-- guideline $6 with its hash $7; null: as it is. What says nothing new changes nothing. A change of each is an entry of the log: $8 to $13.
with old as (
    select p.shard_key, p.state, coalesce(p.settings->'name', to_jsonb(p.name)) as name, $6::jsonb is not null and g.text_hash is distinct from $7::bytea as is_new
    from project p
    left join guideline g on g.shard_key = p.shard_key and g.version = p.guideline_version
    where p.shard_key = $1::bigint and p.project_id = $2::uuid and p.state <> 'closed'
    for update of p
), p as (
    update project u set state = coalesce($3::text, u.state),
        name = case when $4::jsonb is null then u.name else coalesce($4::jsonb->>(u.settings->>'language'), $5::text) end,
        settings = case when $4::jsonb is null then u.settings when jsonb_typeof($4::jsonb) = 'object' then jsonb_set(u.settings, '{name}', $4::jsonb)
            else u.settings - 'name' end,
        guideline_version = u.guideline_version + old.is_new::integer
    from old where u.shard_key = $1::bigint and u.project_id = $2::uuid
    returning u.state, u.guideline_version
), g as (
    insert into guideline (shard_key, version, text, text_hash)
    select $1::bigint, p.guideline_version, $6::jsonb, $7::bytea from p, old where old.is_new
), l as (
    insert into log_outbox (shard_key, entry_id, entry)
    select $1::bigint, e.id, e.entry
    from old, lateral (values (old.state <> $3::text, $8::uuid, $9::text), (old.name <> $4::jsonb, $10::uuid, $11::text),
        (old.is_new, $12::uuid, $13::text)) e (is_new, id, entry)
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
