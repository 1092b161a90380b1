-- Endpoint $2 of study $1 is asked under the lease $3 for $4 milliseconds. A pass that begins notes how many items there are: when it
-- has ended and there are others, the next begins.
update embedding_endpoint e set lease = $3::uuid, lease_until = now() + $4::bigint * interval '1 millisecond', state = 'filling',
    n_items = case when e.state = 'whole' or e.after_item = '00000000-0000-0000-0000-000000000000'
        then (select coalesce(sum(c.n_items), 0)::bigint from project_counter c where c.shard_key = $1::bigint) else e.n_items end,
    after_item = case when e.state = 'whole' then '00000000-0000-0000-0000-000000000000' else e.after_item end,
    after_n = case when e.state = 'whole' then 0 else e.after_n end,
    pass_embedded = case when e.state = 'whole' then 0 else e.pass_embedded end,
    pass_sealed = case when e.state = 'whole' then 0 else e.pass_sealed end
where e.shard_key = $1::bigint and e.endpoint_id = $2::uuid and e.state <> 'stopped' and e.next_at <= now()
    and (e.lease_until is null or e.lease_until < now())
returning e.url, e.model, e.dimensions, e.space, e.key_sealed, e.n_dimensions, e.after_item, e.after_n, e.n_failures
