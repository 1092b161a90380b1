-- What the rules of a judgment are in this shard; they never change.
select p.project_id, p.task, p.community_shard_key, p.simulated from project p where p.shard_key = $1::bigint
