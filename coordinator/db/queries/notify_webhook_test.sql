-- A test for webhook $2 of $1. No row: there is none.
insert into delivery (webhook_id, event_id, shard_key, kind, object_id, more, happened_at)
select webhook_id, $3::uuid, shard_key, 'webhook.test', webhook_id, '{}', now() from webhook
where shard_key = $1::bigint and webhook_id = $2::uuid
on conflict do nothing
returning event_id
