select m.shard_key, coalesce(p.project_id, c.community_id), p.project_id is not null,
    coalesce(coalesce(p.settings, c.settings)->'name', to_jsonb(coalesce(p.name, c.name))),
    m.participant_id, m.roles, m.state, (extract(epoch from m.joined_at) * 1000000)::bigint, m.consent_version, coalesce(p.state, ''),
    coalesce(p.simulated, false), m.conditions
from participation m
left join project p on p.shard_key = m.shard_key
left join community c on c.shard_key = m.shard_key
where m.person_id = $1::uuid and m.shard_key <> 0
    and coalesce(p.project_id, c.community_id) is not null
order by m.joined_at, m.participant_id
limit 500
