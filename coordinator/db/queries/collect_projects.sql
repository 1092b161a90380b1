-- Those person $1 has a say in; all of them for the operator ($2). After project $3, newest last.
select p.shard_key, p.project_id, coalesce(p.settings->'name', to_jsonb(p.name)), p.state, p.simulated, p.judgments_per_item,
    (extract(epoch from p.created_at) * 1000000)::bigint,
    c.n_items, c.n_wanted, c.n_counted, c.n_participants, c.n_skipped, c.n_imported
from project p
cross join lateral (
    select coalesce(sum(n_items), 0) as n_items, coalesce(sum(n_wanted), 0) as n_wanted,
        coalesce(sum(n_counted), 0) as n_counted, coalesce(sum(n_participants), 0) as n_participants,
        coalesce(sum(n_skipped), 0) as n_skipped, coalesce(sum(n_imported), 0) as n_imported
    from project_counter where shard_key = p.shard_key
) c
where p.project_id > $3::uuid and ($2::boolean or exists (
    select from participation m
    where m.shard_key = p.shard_key and m.person_id = $1::uuid and m.state = 'active' and m.roles & 6 <> 0))
order by p.project_id limit $4::integer
