-- Those that anybody may read, and those the person ($1) is in. One row more than the page is the sign of a next one.
select c.shard_key, c.community_id, coalesce(c.settings->'name', to_jsonb(c.name)), c.settings->>'visibility', c.settings->>'admission',
    (select max(version) from constitution k where k.shard_key = c.shard_key),
    (extract(epoch from c.created_at) * 1000000)::bigint
from community c
left join participation p on p.shard_key = c.shard_key and p.person_id = $1::uuid and p.state = 'active'
where (c.settings->>'visibility' = 'public' or p.participant_id is not null) and c.community_id > $2::uuid
order by c.community_id limit $3::integer
