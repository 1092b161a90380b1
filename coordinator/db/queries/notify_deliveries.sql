-- The latest deliveries of webhook $2 of $1, $3 at the most, before event $4 (null: from the newest).
select d.event_id, d.shard_key, d.kind, (extract(epoch from d.happened_at) * 1000000)::bigint, d.state, d.tries,
    (extract(epoch from d.tried_at) * 1000000)::bigint, d.status, d.error,
    case when d.state in ('waiting', 'sending') then (extract(epoch from d.next_at) * 1000000)::bigint end
from webhook w join delivery d on d.webhook_id = w.webhook_id
where w.shard_key = $1::bigint and w.webhook_id = $2::uuid and ($4::uuid is null or d.event_id < $4::uuid)
order by d.event_id desc limit $3::integer
