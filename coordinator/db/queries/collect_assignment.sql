-- The next task of participant $2 in shard $1: the lease that is out already; else, where the study repeats, what is due to
-- be judged once more; else one that ran out elsewhere; else the open slot that is least judged, going on from the cursor and
-- once around. Else never an item the person has had; never one that is hidden. $3 is the new lease, $4 the constitution's
-- version, $5 how many candidates are looked at on each side of the cursor. What the person has had is asked for each
-- candidate by itself. The odd "between, order by" makes one index cheaper than any other even when the statement is
-- planned while the tables are empty, which is when it mostly is.
with p as materialized (
    -- Held, so that what the study wants can't change meanwhile; what changed since this began to look is looked at anew.
    select state, case when setup = (select setup from project where shard_key = $1::bigint) then judgments_per_item else try_again() end as judgments_per_item,
        lease_seconds, guideline_version, task,
        task->>'kind' = 'pairwise' as is_pair, blind, repeat_share
    from project where shard_key = $1::bigint for key share
), me as materialized (
    select ctid as row, cursor_n, cursor_key, n_given, n_repeats from participation
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid
    order by participant_id limit 1
), own as materialized (
    select item_id, n, lease_id, expires_at, shown, guideline_version, constitution_version
    from assignment
    where shard_key = $1::bigint and participant_id >= $2::uuid and participant_id <= $2::uuid and state = 'leased'
    order by participant_id limit 1
), again as materialized (
    -- An item that this person judged five tasks ago or more, when fewer of their tasks than the study says were such.
    select f.item_id, f.n, f.order_key, f.n_responses, f.shown
    from p, me
    cross join lateral (
        select item_id, n, order_key, n_responses, shown from assignment f
        where f.shard_key = $1::bigint and f.participant_id = $2::uuid and f.state = 'judged'
            and f.place <= me.n_given - 5
            and (select 1 from assignment r
                where r.shard_key = $1::bigint and (r.item_id, r.n) >= (f.item_id, -2 - f.n)
                    and (r.item_id, r.n) <= (f.item_id, -2 - f.n)
                order by r.item_id, r.n limit 1) is null
            and (select 1 from item_hidden h
                where h.shard_key = $1::bigint and h.item_id >= f.item_id and h.item_id <= f.item_id
                order by h.item_id limit 1) is null
        order by f.place limit 1
    ) f
    where p.repeat_share > 0 and me.n_repeats + 1 <= p.repeat_share * (me.n_given + 1) and p.state = 'open'
        and not exists (select from own)
), late as materialized (
    select a.item_id, a.n
    from (
        select item_id, n from assignment
        where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
        order by expires_at limit 100
    ) c
    cross join lateral (
        select item_id, n, expires_at from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and a.state = 'leased'
        limit 1 for update skip locked
    ) a
    where a.expires_at < now() and not exists (select from own) and not exists (select from again)
        and (select state from p) = 'open'
        and (select 1 from judgment j
            where j.shard_key = $1::bigint and (j.item_id, j.participant_id) >= (c.item_id, $2::uuid)
                and (j.item_id, j.participant_id) <= (c.item_id, $2::uuid)
            order by j.item_id, j.participant_id limit 1) is null
        and (select 1 from assignment x
            where x.shard_key = $1::bigint and (x.item_id, x.participant_id) >= (c.item_id, $2::uuid)
                and (x.item_id, x.participant_id) <= (c.item_id, $2::uuid) and x.n >= 0
            order by x.item_id, x.participant_id limit 1) is null
        and (select 1 from item_hidden h where h.shard_key = $1::bigint and h.item_id >= c.item_id and h.item_id <= c.item_id
            order by h.item_id limit 1) is null
        and ((c.n < (select judgments_per_item from p) and (select 1 from assignment x
                where x.shard_key = $1::bigint and x.item_id = c.item_id and x.n >= (select judgments_per_item from p)
                    and x.state <> 'open'
                order by x.item_id, x.n limit 1) is null)
            or has_room($1::bigint, c.item_id, c.n, (select judgments_per_item from p)))
    limit 1
), pick as materialized (
    select a.item_id, a.n, a.order_key
    from (
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
            and (n, order_key) > ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $5::integer)
        union all
        (select item_id, n, order_key from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
            and (n, order_key) <= ((select cursor_n from me), (select cursor_key from me))
        order by n, order_key limit $5::integer)
    ) c
    cross join lateral (
        select item_id, n, order_key, state from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where a.state = 'open' and not exists (select from own) and not exists (select from again)
        and not exists (select from late) and (select state from p) = 'open'
        and (select 1 from assignment x
            where x.shard_key = $1::bigint and (x.item_id, x.participant_id) >= (c.item_id, $2::uuid)
                and (x.item_id, x.participant_id) <= (c.item_id, $2::uuid) and x.n >= 0
            order by x.item_id, x.participant_id limit 1) is null
        and (select 1 from judgment j
            where j.shard_key = $1::bigint and (j.item_id, j.participant_id) >= (c.item_id, $2::uuid)
                and (j.item_id, j.participant_id) <= (c.item_id, $2::uuid)
            order by j.item_id, j.participant_id limit 1) is null
        and (select 1 from item_hidden h where h.shard_key = $1::bigint and h.item_id >= c.item_id and h.item_id <= c.item_id
            order by h.item_id limit 1) is null
        and ((c.n < (select judgments_per_item from p) and (select 1 from assignment x
                where x.shard_key = $1::bigint and x.item_id = c.item_id and x.n >= (select judgments_per_item from p)
                    and x.state <> 'open'
                order by x.item_id, x.n limit 1) is null)
            or has_room($1::bigint, c.item_id, c.n, (select judgments_per_item from p)))
    limit 1
), taken as (
    -- With a lease_id it is the person's own that ran out: theirs again, as it was, unless somebody else has taken it.
    update assignment a set state = 'leased', lease_id = coalesce(c.lease_id, $3::uuid), participant_id = $2::uuid,
        leased_at = case when c.lease_id is null then now() else a.leased_at end,
        expires_at = now() + make_interval(secs => p.lease_seconds),
        shown = case when c.lease_id is null then order_on_screen(a.order_key, a.n, a.n_responses, p.is_pair)
            else a.shown end,
        strategy = case when c.lease_id is null then 'least_judged' else a.strategy end, probability = null,
        place = case when c.lease_id is not null then a.place when p.repeat_share > 0 then (select n_given + 1 from me) end,
        guideline_version = case when c.lease_id is null then p.guideline_version else a.guideline_version end,
        constitution_version = case when c.lease_id is null then $4::integer else a.constitution_version end
    from (select item_id, n, null::uuid as lease_id from late union all select item_id, n, null from pick
        union all select item_id, n, lease_id from own where expires_at < now()) c, p
    where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and p.state = 'open'
        and (c.lease_id is null or (a.lease_id = c.lease_id and a.state = 'leased'))
    returning a.item_id, a.n, a.order_key, a.n_responses, a.lease_id, a.expires_at, a.shown, a.guideline_version,
        a.constitution_version
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses)
    select $1::bigint, t.item_id, t.n + 1, t.order_key, t.n_responses
    from taken t where t.n >= 0
    on conflict (shard_key, item_id, n) do nothing
), moved as (
    update participation m set cursor_n = coalesce(pick.n, m.cursor_n),
        cursor_key = coalesce(pick.order_key, m.cursor_key), n_given = m.n_given + 1,
        n_repeats = m.n_repeats + case when again.n is null then 0 else 1 end
    from me left join pick on true left join again on true
    where m.ctid = me.row and (pick.n is not null or again.n is not null or exists (select from late))
), repeated as ( -- the same with its sides swapped, in the slot that is beyond what is wanted
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
)
select p.state, exists (select from own), l.lease_id, (extract(epoch from l.expires_at) * 1000000)::bigint, l.item_id,
    i.prompt, i.language, i.warning, task_of($1::bigint, l.guideline_version, p.guideline_version, p.task), l.guideline_version, l.constitution_version,
    (select json_agg(case when p.blind or r.model is null
            then json_build_object('slot', s.name, 'content', r.content)
            else json_build_object('slot', s.name, 'content', r.content, 'model', r.model) end order by s.ord)
        from (
            select k, ord, case when p.is_pair then (array['left', 'right'])[ord] when ord <= 26 then chr(96 + ord::integer)
                else chr(96 + (ord::integer - 1) / 26) || chr(97 + (ord::integer - 1) % 26) end as name
            from unnest(l.shown) with ordinality u (k, ord)
        ) s
        join response r on r.shard_key = $1::bigint and r.item_id = l.item_id and r.n = s.k),
    -- What happened later, to whom it is shown: all, or half of the slots of each item, with the items shared
    -- out as well, so that at no time all of those who work see it (rules_show_later).
    case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (l.n + get_byte(uuid_send(l.item_id), 15)) % 2 = 0 then i.later end end
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
