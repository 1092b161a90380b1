with p as (
    update project set state = $3::text where shard_key = $1::bigint and project_id = $2::uuid and state <> 'closed'
    returning state
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $4::uuid, $5::text from p
)
select state, true from p
union all
select state, false from project
where shard_key = $1::bigint and project_id = $2::uuid and not exists (select from p)
