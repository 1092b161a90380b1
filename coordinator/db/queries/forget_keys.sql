-- Answers kept under idempotency keys are forgotten after a week, $1 of them at the most: a client that tries again does so
-- soon. Answers how many.
with gone as (
    delete from idempotency i
    using (
        select shard_key, actor, key from idempotency where created_at < now() - interval '7 days' limit $1::integer
    ) old
    where i.shard_key = old.shard_key and i.actor = old.actor and i.key = old.key
    returning 1
)
select count(*) from gone
