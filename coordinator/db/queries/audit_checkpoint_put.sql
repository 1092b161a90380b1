-- A signed checkpoint, with the subtrees that were completed on the way to it. Again is the same.
with nodes as (
    insert into log_node (level, n, hash)
    select level::smallint, n::bigint, decode(hash, 'hex')
    from unnest($5::text[], $6::text[], $7::text[]) as t (level, n, hash)
    on conflict do nothing
)
insert into log_checkpoint (size, root_hash, edge, note)
values ($1::bigint, $2::bytea, $3::bytea, $4::text)
on conflict do nothing
