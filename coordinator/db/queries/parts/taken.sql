-- The slot c is leased. With a lease_id it is the person's own that ran out: theirs again, as it was, unless somebody else has taken it.
    update assignment a set state = 'leased', lease_id = coalesce(c.lease_id, $3::uuid), participant_id = $2::uuid,
        leased_at = case when c.lease_id is null then now() else a.leased_at end,
        expires_at = now() + make_interval(secs => p.lease_seconds),
        shown = case when c.lease_id is null then order_on_screen(a.order_key, a.n, a.n_responses, p.is_pair)
            else a.shown end,
        strategy = case when c.lease_id is null then p.strategy else a.strategy end,
        probability = case when c.lease_id is null then c.probability else a.probability end,
        place = case when c.lease_id is not null then a.place when p.repeat_share > 0 then (select n_given + 1 from me) end,
        guideline_version = case when c.lease_id is null then p.guideline_version else a.guideline_version end,
        constitution_version = case when c.lease_id is null then $4::integer else a.constitution_version end,
        quota_cell = case when c.lease_id is null then :cell else a.quota_cell end
    from (:slots) c, p
    where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and p.state = 'open'
        and (c.lease_id is null or (a.lease_id = c.lease_id and a.state = 'leased'))
    returning a.item_id, a.n, a.order_key, a.n_responses, a.lease_id, a.expires_at, a.shown, a.guideline_version,
        a.constitution_version
