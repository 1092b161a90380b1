-- What is judged once more is the same with its sides swapped, in the slot that is beyond what is wanted. The lease, whichever it is.
), repeated as (
    insert into assignment (shard_key, item_id, n, state, order_key, n_responses, lease_id, participant_id, leased_at,
        expires_at, shown, strategy, guideline_version, constitution_version)
    select $1::bigint, item_id, -2 - n, 'leased', order_key, n_responses, $3::uuid, $2::uuid, now(),
        now() + make_interval(secs => p.lease_seconds),
        array(select x from unnest(shown) with ordinality u (x, ord) order by ord desc), 'repeat', p.guideline_version,
        $4::integer
    from again, p
    returning item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version
), lease as (
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version from taken
    union all
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version from repeated
    union all
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version from own
    where expires_at >= now()
