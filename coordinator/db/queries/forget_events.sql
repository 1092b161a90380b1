-- Events and deliveries are forgotten after 90 days, $1 of each at the most. Answers how many of the one that is more.
with events as (
    delete from event e
    using (select shard_key, event_id from event where happened_at < now() - interval '90 days' limit $1::integer) old
    where e.shard_key = old.shard_key and e.event_id = old.event_id
    returning 1
), deliveries as (
    delete from delivery d
    using (select webhook_id, event_id from delivery where happened_at < now() - interval '90 days' limit $1::integer) old
    where d.webhook_id = old.webhook_id and d.event_id = old.event_id
    returning 1
)
select greatest((select count(*) from events), (select count(*) from deliveries))
