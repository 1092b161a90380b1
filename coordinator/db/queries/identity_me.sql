select p.kind, c.name, (extract(epoch from s.expires_at) * 1000000)::bigint, coalesce(d.roles, 0)
from person p
left join credential c on c.person_id = p.person_id
left join session s on s.session_id = $2::uuid
left join participation d on d.shard_key = 0 and d.person_id = p.person_id and d.state = 'active'
where p.person_id = $1::uuid
