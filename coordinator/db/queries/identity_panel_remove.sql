-- Project $1, $2 has no panel any more, unless somebody has come from it. A change is an entry of the log ($3, $4).
with gone as (
    delete from panel n
    using project p
    where n.shard_key = $1::bigint and p.shard_key = n.shard_key and p.project_id = $2::uuid
        and not exists (select from submission s where s.shard_key = $1::bigint)
    returning n.shard_key
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $3::uuid, $4::text from gone
)
select exists (select from gone), exists (select from submission s where s.shard_key = $1::bigint),
    exists (select from project p where p.shard_key = $1::bigint and p.project_id = $2::uuid)
