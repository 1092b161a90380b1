-- What this snapshot sees; and, where the model $2 is begun from, what its fit saw: not told where that is of a time that this
-- cluster has not come to (the data came from another).
select pg_current_snapshot()::text, (
    select case when pg_snapshot_xmax(f.seen)::text::bigint <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint then f.seen::text end
    from model m join fit f on f.shard_key = m.shard_key and f.fit_id = m.fit_id
    where m.shard_key = $1::bigint and m.model_id = $2::uuid)
