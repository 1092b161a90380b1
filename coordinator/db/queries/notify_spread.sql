-- Gives events ($1 at the most) to the webhooks that asked for them: those of the study, of the whole installation, and of
-- studies that follow the community. Answers how many.
with chosen as (
    select shard_key, event_id, kind, object_id, more, happened_at from event where not is_spread
    order by happened_at limit $1::integer for update skip locked
), spread as (
    update event e set is_spread = true from chosen c
    where e.shard_key = c.shard_key and e.event_id = c.event_id
    returning 1
), given as (
    insert into delivery (webhook_id, event_id, shard_key, kind, object_id, more, happened_at)
    select w.webhook_id, c.event_id, c.shard_key, c.kind, c.object_id, c.more, c.happened_at
    from chosen c
    join webhook w on w.state = 'on' and c.kind = any (w.kinds) and (w.shard_key in (0, c.shard_key) or exists (
        select from project p where p.shard_key = w.shard_key and p.community_shard_key = c.shard_key))
    on conflict do nothing
)
select count(*) from spread
