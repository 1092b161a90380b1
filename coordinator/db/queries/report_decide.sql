-- What report $2 of shard $1 is about is decided: $3 (dismissed, upheld), because of $4. Upheld, an item is given to nobody any
-- more; dismissed, it is again. The judgments that were still wanted of it are not waited for meanwhile.
with r as materialized (
    select object_kind, object_id from report where shard_key = $1::bigint and report_id = $2::uuid
), p as materialized ( -- held: what is wanted of each is counted as it is
    select task, judgments_per_item from project where shard_key = $1::bigint for key share
), slots as materialized (
    select a.state from assignment a, r
    where a.shard_key = $1::bigint and a.item_id = r.object_id and a.n >= 0 and r.object_kind = 'item'
    for update of a
), decided as (
    update report q set state = $3::text, decision = $4::text, decided_at = now() from r
    where q.shard_key = $1::bigint and q.object_id = r.object_id and q.object_kind = r.object_kind
), hidden as (
    insert into item_hidden (shard_key, item_id, n_unwanted)
    select $1::bigint, r.object_id, case when exists (select from slots) then greatest(0,
        case when p.task->'chat' is null then p.judgments_per_item else 1 end
        - (select count(*) from slots where state = 'judged')) else 0 end -- none is wanted of what has no slot: gold
    from r, p
    where r.object_kind = 'item' and $3::text = 'upheld'
    on conflict do nothing
    returning n_unwanted
), shown as (
    delete from item_hidden h using r
    where h.shard_key = $1::bigint and h.item_id = r.object_id and r.object_kind = 'item' and $3::text = 'dismissed'
    returning h.n_unwanted
), counted as (
    insert into project_counter (shard_key, stripe, n_wanted)
    select $1::bigint, 0, - n_unwanted from hidden
    union all
    select $1::bigint, 0, n_unwanted from shown
    on conflict (shard_key, stripe) do update set n_wanted = project_counter.n_wanted + excluded.n_wanted
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $5::uuid, $6::text from r
    on conflict do nothing
), e as (
    insert into event (shard_key, event_id, kind, object_id, more)
    select $1::bigint, $7::uuid, 'report.decided', r.object_id, jsonb_build_object('state', $3::text) from r
    on conflict do nothing
)
select exists (select from r)
