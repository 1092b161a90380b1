-- The items of shard $1 are weighed, with an entry for the log; or why they can't be ($7), and then none.
with done as (
    insert into weighing as w (shard_key, strategy, model_id, n_items, n_valued, max_value, error)
    values ($1::bigint, $2::text, $3::uuid, $4::bigint, $5::bigint, $6::real, $7::text)
    on conflict (shard_key) do update set strategy = excluded.strategy, model_id = excluded.model_id,
        n_items = excluded.n_items, n_valued = excluded.n_valued, max_value = excluded.max_value,
        error = excluded.error, weighed_at = now()
    where (w.strategy, w.model_id, w.n_items) is distinct from (excluded.strategy, excluded.model_id, excluded.n_items)
    returning shard_key, error
)
insert into log_outbox (shard_key, entry_id, entry)
select shard_key, $8::uuid, $9::text from done where error is null
