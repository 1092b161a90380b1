-- Takes deliveries that are due, $1 at the most and no more than $2 of a webhook at a time: what waits on one does not keep
-- the others. Each is the taker's for $3 seconds.
with due as materialized (
    select d.webhook_id, d.event_id, w.url, w.secret_sealed,
        case when w.old_until > now() then w.old_secret_sealed end as old_secret_sealed
    from webhook w
    cross join lateral (
        select webhook_id, event_id from delivery d
        where d.webhook_id = w.webhook_id and d.state in ('waiting', 'sending') and d.next_at <= now()
        order by d.next_at
        limit greatest(0, $2::bigint - (select count(*) from delivery x
            where x.webhook_id = w.webhook_id and x.state = 'sending' and x.next_at > now()))
        for update skip locked
    ) d
    where w.state = 'on'
    limit $1::integer
), taken as (
    update delivery d set state = 'sending', tries = d.tries + 1, tried_at = now(),
        next_at = now() + make_interval(secs => $3::double precision)
    from due
    where d.webhook_id = due.webhook_id and d.event_id = due.event_id
    returning d.webhook_id, d.event_id, d.shard_key, d.kind, d.object_id, d.more, d.happened_at, d.tries, due.url,
        due.secret_sealed, due.old_secret_sealed
)
select t.webhook_id, t.event_id, t.shard_key, t.kind, t.object_id, t.more::text,
    (extract(epoch from t.happened_at) * 1000000)::bigint, t.tries, t.url, t.secret_sealed, t.old_secret_sealed,
    p.project_id, c.community_id
from taken t
left join project p on p.shard_key = t.shard_key
left join community c on c.shard_key = t.shard_key
