-- What the studies of person $1 ask.
select p.settings->'demographics'->'attributes'
from participation m join project p on p.shard_key = m.shard_key
where m.person_id = $1::uuid and m.state = 'active' and jsonb_typeof(p.settings->'demographics'->'attributes') = 'array'
order by m.joined_at limit 100
