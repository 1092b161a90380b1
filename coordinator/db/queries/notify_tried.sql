-- What became of try $3 of a delivery: its new state $4, the status $5 or why there is none $6, and the next try in $7
-- seconds. A webhook that is gone ($8), or has had nothing but failures for five days, is switched off.
with tried as (
    update delivery set state = $4::text, status = $5::smallint, error = $6::text,
        next_at = now() + make_interval(secs => $7::double precision)
    where webhook_id = $1::uuid and event_id = $2::uuid and tries = $3::integer and state = 'sending'
    returning webhook_id
), judged as (
    select w.webhook_id, case
        when $8::boolean then 'gone'
        when $4::text <> 'delivered' and w.failing_since < now() - interval '5 days' then 'failing'
    end as reason
    from tried t join webhook w on w.webhook_id = t.webhook_id
)
update webhook w set failing_since = case when $4::text <> 'delivered' then coalesce(w.failing_since, now()) end,
    state = case when j.reason is not null then 'off' else w.state end,
    off_reason = case when w.state = 'on' then j.reason else w.off_reason end
from judged j
where w.webhook_id = j.webhook_id and ($4::text <> 'delivered' or w.failing_since is not null)
