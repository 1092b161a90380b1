-- Holds the figures of $1: whoever looks next waits, and then sees what was added. The snapshots of the last look, and of the last at what
-- was said twice; none when there was none, or when it is of a time that this cluster has not come to: then all is to be counted again.
insert into tally as t (shard_key) values ($1::bigint)
on conflict (shard_key) do update set n_items = t.n_items
returning case when pg_snapshot_xmax(t.snapshot)::text::bigint <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint then t.snapshot::text end,
    case when pg_snapshot_xmax(t.snapshot)::text::bigint <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint then t.repeats::text end
