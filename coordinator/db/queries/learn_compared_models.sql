-- The two models of one study that are to be compared, and its id.
select p.project_id, count(*)
from project p join model m on m.shard_key = p.shard_key and m.model_id in ($2::uuid, $3::uuid)
where p.shard_key = $1::bigint
group by p.project_id
