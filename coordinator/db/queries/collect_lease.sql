-- What participant $3 was shown under lease $2, for answers that name places on screen, and what else they may have had
-- before them: the slot, whether it is known what happened later, the constitution's version.
select a.shown, a.n, (select i.later is not null from item i where i.shard_key = a.shard_key and i.item_id = a.item_id),
    a.constitution_version, a.item_id, false
from assignment a where a.shard_key = $1::bigint and a.lease_id = $2::uuid and a.participant_id = $3::uuid
union all -- or one with a known answer
select t.shown, 0, (select i.later is not null from item i where i.shard_key = t.shard_key and i.item_id = t.item_id),
    t.constitution_version, t.item_id, true
from gold_task t where t.shard_key = $1::bigint and t.lease_id = $2::uuid and t.participant_id = $3::uuid
