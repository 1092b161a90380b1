-- Study $1, $2, as it was at setup $3, wants $4 judgments of each item and the quotas $5: its cells $6 (in hex), how many in all $7 and
-- of each item $8, of what ($9); $14 are judged beyond that. Each that is new is an entry of the log: $10 to $13. What became of it.
with c as materialized (
    select * from change_setup($1::bigint, $2::uuid, $3::integer, $4::integer, $5::jsonb,
        array(select decode(cell, 'hex') from unnest($6::text[]) cell), $7::bigint[], $8::bigint[], $9::text,
        $14::bigint)
), l as (
    insert into log_outbox (shard_key, entry_id, entry)
    select $1::bigint, e.id, e.entry
    from c, lateral (values (c.is_number_new, $10::uuid, $11::text), (c.is_quota_new, $12::uuid, $13::text)) e (is_new, id, entry)
    where e.is_new
)
select outcome from c
