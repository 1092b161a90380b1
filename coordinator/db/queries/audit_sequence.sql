-- Moves committed entries from the outboxes to the end of the log. One sequencer at a time by the advisory lock; should
-- two ever meet, log_entry's primary key lets one through.
with leader as (
    select pg_try_advisory_xact_lock(7223310481) as ok
), next as (
    select coalesce(max(sequence) + 1, 0) as first from log_entry
), chosen as (
    select o.shard_key, o.entry_id from log_outbox o, leader where leader.ok
    order by o.created_at, o.entry_id limit $1::integer
), taken as (
    delete from log_outbox o using chosen c
    where o.shard_key = c.shard_key and o.entry_id = c.entry_id
    returning o.entry_id, o.entry, o.created_at
), entered as (
    insert into log_entry (sequence, entry_id, entry, leaf_hash)
    select next.first + row_number() over (order by t.created_at, t.entry_id) - 1, t.entry_id, t.entry,
        sha256('\x00'::bytea || convert_to(t.entry, 'UTF8'))
    from taken t, next
    where not exists (select from log_entry e where e.entry_id = t.entry_id)
    returning sequence
)
select (select count(*) from entered), (select first from next) + (select count(*) from entered)
