-- Figures $2 of $1 as they were last shown, of how many people and when (microseconds).
select body, n_people, (extract(epoch from shown_at) * 1000000)::bigint from shown_figures
where shard_key = $1::bigint and what = $2::text
