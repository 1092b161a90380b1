-- Study $1 (project $2): its embedding endpoint, if any, how far it has come, and how many responses there are. Those that came with
-- an embedding are counted where there is no endpoint.
select e.url, e.model, e.dimensions, e.key_sealed is not null, (extract(epoch from e.created_at) * 1000000)::bigint, e.n_dimensions,
    e.state, e.n_embedded, e.n_sealed, e.n_failures, e.error, (extract(epoch from e.failed_at) * 1000000)::bigint,
    case when e.n_failures > 0 and e.state = 'filling' then (extract(epoch from e.next_at) * 1000000)::bigint end,
    (select count(*) from response r where r.shard_key = $1::bigint),
    case when e.shard_key is null then
        (select count(*) from response r where r.shard_key = $1::bigint and r.embedding is not null) end,
    encode(e.space, 'hex')
from project p
left join embedding_endpoint e on e.shard_key = p.shard_key
where p.shard_key = $1::bigint and p.project_id = $2::uuid
