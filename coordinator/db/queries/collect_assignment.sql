-- The next task of participant $2 in shard $1: the lease that is out already; else one that ran out elsewhere; else the
-- open slot that is least judged, going on from the cursor and once around. Never an item the person has had. $3 is
-- the new lease, $4 a random permutation of 0 .. 99 (the order on screen is what of it the item has), $5 the
-- constitution's version, $6 how many candidates are looked at on each side of the cursor. What the person has had is
-- asked for each candidate by itself. The odd "between, order by" makes one index cheaper than any other even when the
-- statement is planned while the tables are empty, which is when it mostly is.
with p as materialized (
    select state, judgments_per_item, lease_seconds, guideline_version, task,
        task->>'kind' = 'pairwise' as is_pair, blind
    from project where shard_key = $1::bigint
), me as materialized (
    select ctid as place, cursor_n, cursor_key from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
    order by participant_id limit 1
), own as materialized (
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version
    from assignment
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid and state = 'leased'
    order by participant_id limit 1
), late as materialized (
    select a.item_id, a.n
    from (
        select item_id, n from assignment
        where shard_key = $1::bigint and state = 'leased' and expires_at < now()
        order by expires_at limit 100
    ) c
    cross join lateral (
        select item_id, n, expires_at from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and a.state = 'leased'
        limit 1 for update skip locked
    ) a
    where a.expires_at < now() and not exists (select from own)
        and (select state from p) = 'open'
        and (select 1 from judgment j
            where j.shard_key = $1::bigint and (j.item_id, j.participant_id) >= (c.item_id, $2::uuid)
                and (j.item_id, j.participant_id) <= (c.item_id, $2::uuid)
            order by j.item_id, j.participant_id limit 1) is null
        and (select 1 from assignment x
            where x.shard_key = $1::bigint and (x.item_id, x.participant_id) >= (c.item_id, $2::uuid)
                and (x.item_id, x.participant_id) <= (c.item_id, $2::uuid)
            order by x.item_id, x.participant_id limit 1) is null
    limit 1
), pick as materialized (
    select a.item_id, a.n, a.order_key
    from (
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open'
            and (n, order_key) > ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $6::integer)
        union all
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open'
            and (n, order_key) <= ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $6::integer)
    ) c
    cross join lateral (
        select item_id, n, order_key, state from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where a.state = 'open' and not exists (select from own) and not exists (select from late)
        and (select state from p) = 'open'
        and (select 1 from assignment x
            where x.shard_key = $1::bigint and (x.item_id, x.participant_id) >= (c.item_id, $2::uuid)
                and (x.item_id, x.participant_id) <= (c.item_id, $2::uuid)
            order by x.item_id, x.participant_id limit 1) is null
        and (select 1 from judgment j
            where j.shard_key = $1::bigint and (j.item_id, j.participant_id) >= (c.item_id, $2::uuid)
                and (j.item_id, j.participant_id) <= (c.item_id, $2::uuid)
            order by j.item_id, j.participant_id limit 1) is null
    limit 1
), taken as (
    -- With a lease_id it is the person's own that ran out: theirs again, as it was, unless somebody else has taken it.
    update assignment a set state = 'leased', lease_id = coalesce(c.lease_id, $3::uuid), participant_id = $2::uuid,
        leased_at = case when c.lease_id is null then now() else a.leased_at end,
        expires_at = now() + make_interval(secs => p.lease_seconds),
        shown = case when c.lease_id is null then array(select x from unnest($4::smallint[]) with ordinality u (x, ord)
            where x < a.n_responses order by ord limit case when p.is_pair then 2 else 100 end) else a.shown end,
        strategy = 'least_judged',
        probability = case when p.is_pair then 1.0 / (a.n_responses * (a.n_responses - 1)) end,
        guideline_version = case when c.lease_id is null then p.guideline_version else a.guideline_version end,
        constitution_version = case when c.lease_id is null then $5::integer else a.constitution_version end
    from (select item_id, n, null::uuid as lease_id from late union all select item_id, n, null from pick
        union all select item_id, n, lease_id from own where expires_at < now()) c, p
    where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and p.state = 'open'
        and (c.lease_id is null or (a.lease_id = c.lease_id and a.state = 'leased'))
    returning a.item_id, a.n, a.order_key, a.n_responses, a.lease_id, a.expires_at, a.shown, a.guideline_version,
        a.constitution_version
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select $1::bigint, t.item_id, t.n + 1, t.order_key, t.n_responses
    from taken t, p where t.n + 1 < p.judgments_per_item
    on conflict (shard_key, item_id, n) do nothing
), moved as (
    update participation m set cursor_n = pick.n, cursor_key = pick.order_key
    from pick, me where m.ctid = me.place
), lease as (
    select item_id, lease_id, expires_at, shown, guideline_version, constitution_version from taken
    union all
    select item_id, lease_id, expires_at, shown, guideline_version, constitution_version from own
    where expires_at >= now()
)
select p.state, exists (select from own), l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    i.prompt, i.language, i.warning, p.task, l.guideline_version, l.constitution_version,
    (select json_agg(case when p.blind or r.model is null
            then json_build_object('slot', s.name, 'content', r.content)
            else json_build_object('slot', s.name, 'content', r.content, 'model', r.model) end order by s.ord)
        from (
            select k, ord, case when p.is_pair then (array['left', 'right'])[ord] when ord <= 26 then chr(96 + ord::integer)
                else chr(96 + (ord::integer - 1) / 26) || chr(97 + (ord::integer - 1) % 26) end as name
            from unnest(l.shown) with ordinality u (k, ord)
        ) s
        join response r on r.shard_key = $1::bigint and r.item_id = l.item_id and r.n = s.k)
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
