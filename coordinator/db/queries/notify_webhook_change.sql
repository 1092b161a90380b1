-- Webhook $2 of $1: its address $3, events $4 and state $5, each as it was when null. Switched on, it begins anew.
with w as (
    update webhook set url = coalesce($3::text, url), kinds = coalesce($4::text[], kinds),
        state = coalesce($5::text, state),
        off_reason = case $5::text when 'on' then null when 'off' then coalesce(off_reason, 'switched_off') else off_reason end,
        failing_since = case when $5::text = 'on' then null else failing_since end
    where shard_key = $1::bigint and webhook_id = $2::uuid
    returning webhook_id
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $6::uuid, $7::text from w
    on conflict do nothing
)
select exists (select from w)
