-- The lease $2 that is out with participant $3 of shard $1, in the columns of collect_assignment.sql.
select p.state, true, l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    -- include as_shown
from assignment l
join project p on p.shard_key = l.shard_key
join item i on i.shard_key = l.shard_key and i.item_id = l.item_id
where l.shard_key = $1::bigint and l.lease_id = $2::uuid and l.participant_id = $3::uuid
