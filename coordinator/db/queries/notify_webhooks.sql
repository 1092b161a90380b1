-- The webhooks of $1 (a study's shard, or 0), or the one of them that $2 names.
select webhook_id, url, array_to_json(kinds)::text, state, off_reason, (extract(epoch from failing_since) * 1000000)::bigint,
    (extract(epoch from created_at) * 1000000)::bigint,
    (extract(epoch from case when old_until > now() then old_until end) * 1000000)::bigint
from webhook where shard_key = $1::bigint and ($2::uuid is null or webhook_id = $2::uuid) order by webhook_id
