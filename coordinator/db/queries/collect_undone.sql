-- The lease that participant $2 got back by the undo with key $3, as it was then, in the columns of collect_assignment.sql.
select p.state, true, l.lease_id, (extract(epoch from (l.answer->>'expires_at')::timestamptz) * 1000000)::bigint, l.item_id,
    -- include as_shown
from judgment l
join project p on p.shard_key = l.shard_key
join item i on i.shard_key = l.shard_key and i.item_id = l.item_id
where l.shard_key = $1::bigint and l.participant_id = $2::uuid and l.idempotency_key = $3::uuid and l.outcome = 'void'
