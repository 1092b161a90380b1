-- Project $1, $2 has a panel, as $3 says. What says nothing new changes nothing; a change is an entry of the log ($4, $5).
with old as (
    select n.settings from panel n where n.shard_key = $1::bigint
), n as (
    insert into panel (shard_key, settings)
    select p.shard_key, $3::jsonb from project p where p.shard_key = $1::bigint and p.project_id = $2::uuid
    on conflict (shard_key) do update set settings = excluded.settings where panel.settings <> excluded.settings
    returning shard_key
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $4::uuid, $5::text from n
)
select exists (select from project p where p.shard_key = $1::bigint and p.project_id = $2::uuid)
