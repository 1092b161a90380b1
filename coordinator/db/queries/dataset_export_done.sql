-- Done, and told to the log in the same commit.
with done as (
    update export set state = 'done', manifest = $3::jsonb, error = null, finished_at = now()
    where shard_key = $1::bigint and export_id = $2::uuid and state = 'running'
    returning shard_key
), e as (
    insert into event (shard_key, event_id, kind, object_id)
    select shard_key, $6::uuid, 'export.completed', $2::uuid from done
)
insert into log_outbox (shard_key, entry_id, entry)
select shard_key, $4::uuid, $5::text from done
returning entry_id
