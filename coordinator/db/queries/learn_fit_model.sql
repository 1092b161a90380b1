-- Was the result of lease $3 counted already (its answer was lost)?
select f.model_id, encode(m.artefact_hash, 'hex') from fit f
join model m on m.shard_key = f.shard_key and m.model_id = f.model_id
where f.shard_key = $1::bigint and f.fit_id = $2::uuid and f.fence = $3::bigint and f.state = 'done'
