-- Delivery $3 of webhook $2 of $1 is due at once, if nobody is at it.
update delivery d set state = 'waiting', next_at = now()
from webhook w
where w.shard_key = $1::bigint and w.webhook_id = $2::uuid and d.webhook_id = w.webhook_id and d.event_id = $3::uuid
    and d.state <> 'sending'
returning d.event_id
