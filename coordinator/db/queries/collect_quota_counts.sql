-- How full each cell of project $1 is: its code, judgments, people or slots taken; and items that are given out, people, those of them who
-- have had work, and what was shown last, of how many.
select q.cell, q.n_judged, q.n_taken, c.n_wanted / p.judgments_per_item, c.n_participants,
    (select count(*) from participation m where m.shard_key = q.shard_key and m.n_given > 0), f.body, f.n_people, (extract(epoch from f.shown_at) * 1000000)::bigint
from quota_count q
join project p on p.shard_key = q.shard_key
cross join lateral (
    select coalesce(sum(n_wanted), 0)::bigint as n_wanted, coalesce(sum(n_participants), 0)::bigint as n_participants
    from project_counter where shard_key = q.shard_key
) c
left join shown_figures f on f.shard_key = q.shard_key and f.what = 'quotas'
where q.shard_key = $1::bigint and q.item_id = '00000000-0000-0000-0000-000000000000'
