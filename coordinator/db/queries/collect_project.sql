-- Project $1, $2 with its counts; $3: the participant who asks, or null.
select coalesce(p.settings->'name', to_jsonb(p.name)), p.state, p.settings, p.judgments_per_item, p.lease_seconds, p.simulated, p.guideline_version, g.text,
    p.community_shard_key, p.community_id, (extract(epoch from p.created_at) * 1000000)::bigint,
    c.n_items, c.n_wanted, c.n_counted, c.n_participants, c.n_skipped, c.n_imported,
    (select count(*) from (
        select distinct on (lease_id) outcome from judgment j
        where j.shard_key = p.shard_key and j.participant_id = $3::uuid order by lease_id, revision desc
    ) mine where outcome not in ('void', 'skip'))
from project p
left join guideline g on g.shard_key = p.shard_key and g.version = p.guideline_version
cross join lateral (
    select coalesce(sum(n_items), 0) as n_items, coalesce(sum(n_wanted), 0) as n_wanted,
        coalesce(sum(n_counted), 0) as n_counted, coalesce(sum(n_participants), 0) as n_participants,
        coalesce(sum(n_skipped), 0) as n_skipped, coalesce(sum(n_imported), 0) as n_imported
    from project_counter where shard_key = p.shard_key
) c
where p.shard_key = $1::bigint and p.project_id = $2::uuid
