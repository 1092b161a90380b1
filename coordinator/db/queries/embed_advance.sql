-- The pass over study $1 has come to ($4, $5): of the responses on the way $6 have an embedding, $7 are sealed; $8: it is at its end.
update embedding_endpoint set after_item = $4::uuid, after_n = $5::smallint,
    pass_embedded = pass_embedded + $6::bigint, pass_sealed = pass_sealed + $7::bigint,
    n_embedded = case when $8::boolean then pass_embedded + $6::bigint else greatest(n_embedded, pass_embedded + $6::bigint) end,
    n_sealed = case when $8::boolean then pass_sealed + $7::bigint else greatest(n_sealed, pass_sealed + $7::bigint) end,
    state = case when $8::boolean then 'whole' else state end,
    looked_at = case when $8::boolean then now() else looked_at end,
    lease = case when $8::boolean then null else lease end,
    lease_until = case when $8::boolean then null else lease_until end
where shard_key = $1::bigint and endpoint_id = $2::uuid and lease = $3::uuid
returning 1
