-- What a dashboard of project $1, $2 shows as it happens: state and counts, and how far fits and exports have come (what to read
-- anew is for the page to decide). One row, or none when there is no such project.
select p.state, c.n_items, c.n_wanted, c.n_counted, c.n_participants, c.n_skipped, c.n_imported,
    (select md5(coalesce(string_agg(f.fit_id || f.state || f.progress::text, ',' order by f.fit_id), ''))
        from (select fit_id, state, progress from fit where shard_key = p.shard_key order by fit_id desc limit 50) f),
    (select md5(coalesce(string_agg(e.export_id || e.state, ',' order by e.export_id), ''))
        from (select export_id, state from export where shard_key = p.shard_key order by export_id desc limit 50) e)
from project p
cross join lateral (
    select coalesce(sum(n_items), 0) as n_items, coalesce(sum(n_wanted), 0) as n_wanted,
        coalesce(sum(n_counted), 0) as n_counted, coalesce(sum(n_participants), 0) as n_participants,
        coalesce(sum(n_skipped), 0) as n_skipped, coalesce(sum(n_imported), 0) as n_imported
    from project_counter where shard_key = p.shard_key
) c
where p.shard_key = $1::bigint and p.project_id = $2::uuid
