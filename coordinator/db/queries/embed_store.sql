-- What endpoint $2 of study $1 answered: vectors $6 of the texts with the hashes $5, $4 numbers each, in space $3; and that of no text at
-- all, which nobody is asked for. No row: it is not the study's endpoint any more, or has answered with other numbers before.
with go as (
    update embedding_endpoint set n_dimensions = $4::integer, n_failures = 0, error = null, failed_at = null
    where shard_key = $1::bigint and endpoint_id = $2::uuid and coalesce(n_dimensions, $4::integer) = $4::integer
    returning 1
), v as (
    insert into embedding (shard_key, space, text_hash, embedding)
    select $1::bigint, $3::bytea, u.hash, u.vector
    from go, (
        select hash, vector from unnest($5::bytea[], $6::bytea[]) x (hash, vector)
        union all select sha256(''), decode(repeat('00000000', $4::integer), 'hex')
    ) u
    on conflict do nothing
)
select 1 from go
