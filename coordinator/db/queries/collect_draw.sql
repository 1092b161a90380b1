-- The next task of participant $2 in shard $1 of a study that draws its items: as collect_assignment.sql, but of the open slots
-- that are looked at, and that the person may have, one is drawn by its weight: of 64 from the random key $5 on and around, and
-- of those whose leases ran out, the one that $6 (0 to 1) falls on. Weights are equal, or by what a judgment would tell (item_value,
-- docs/methods.md), never under a tenth of the greatest. The probability is the slot's part of the weights, times the share of
-- all keys that the 64 cover: about with which they were looked at. The last column: was it lost to somebody faster, or are
-- there others to look at.
with p as materialized (
    -- Held, so that what the study wants can't change meanwhile; what changed since this began to look is looked at anew.
    select state, case when setup = (select setup from project where shard_key = $1::bigint) then judgments_per_item else try_again() end as judgments_per_item,
        lease_seconds, guideline_version, task,
        task->>'kind' = 'pairwise' as is_pair, blind, repeat_share, strategy
    from project where shard_key = $1::bigint for key share
), me as materialized (
    select ctid as row, n_given, n_repeats from participation
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
), near as materialized (
    select item_id, n, order_key, is_around, false as is_late
    from (
        (select item_id, n, order_key, false as is_around from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p) and is_drawn and order_key >= $5::bigint
        order by order_key limit 64)
        union all
        (select item_id, n, order_key, true from assignment
        where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p) and is_drawn and order_key < $5::bigint
        order by order_key limit 64)
    ) c limit 64
), whole as materialized ( -- are these all, and if not, how much of the keys they cover
    select count(*) < 64 as is_all, case when count(*) < 64 then 1 else least(1, max(order_key::double precision) filter (where is_around = is_last)
        / 2 ^ 64 - $5::double precision / 2 ^ 64 + case when bool_or(is_last) then 1 else 0 end) end as share
    from near cross join (select bool_or(is_around) as is_last from near) l
), able as materialized (
    select c.item_id, c.n, c.is_late, case when p.strategy = 'random' then 1
        else 0.1 + 0.9 * coalesce((select value from item_value v where v.shard_key = $1::bigint and v.item_id >= c.item_id
            and v.item_id <= c.item_id order by v.item_id limit 1) / nullif((select max_value from weighing w
            where w.shard_key = $1::bigint), 0), 1) end::double precision as weight
    from p cross join (
        select item_id, n, is_late from near
        union all
        (select distinct on (item_id) item_id, n, true
        from (select item_id, n from assignment
            where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
            order by expires_at limit 64) a
        where item_id not in (select item_id from near)
        order by item_id, n)
    ) c
    where not exists (select from own) and not exists (select from again) and p.state = 'open'
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
), weighed as materialized (
    select *, sum(weight) over (rows unbounded preceding) as upto, sum(weight) over () as total from able
), pick as materialized (
    select a.item_id, a.n, case when c.is_late then 1 else (select share from whole) end * c.weight / c.total as probability
    from weighed c
    cross join lateral (
        select item_id, n, state, expires_at from assignment a
        where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n
        limit 1 for update skip locked
    ) a
    where $6::double precision * c.total >= c.upto - c.weight and $6::double precision * c.total < c.upto
        and (a.state = 'open' or (a.state = 'leased' and a.expires_at < now()))
), taken as (
    -- With a lease_id it is the person's own that ran out: theirs again, as it was, unless somebody else has taken it.
    update assignment a set state = 'leased', lease_id = coalesce(c.lease_id, $3::uuid), participant_id = $2::uuid,
        leased_at = case when c.lease_id is null then now() else a.leased_at end,
        expires_at = now() + make_interval(secs => p.lease_seconds),
        shown = case when c.lease_id is null then order_on_screen(a.order_key, a.n, a.n_responses, p.is_pair)
            else a.shown end,
        strategy = case when c.lease_id is null then p.strategy else a.strategy end,
        probability = case when c.lease_id is null then c.probability else a.probability end,
        place = case when c.lease_id is not null then a.place when p.repeat_share > 0 then (select n_given + 1 from me) end,
        guideline_version = case when c.lease_id is null then p.guideline_version else a.guideline_version end,
        constitution_version = case when c.lease_id is null then $4::integer else a.constitution_version end
    from (select item_id, n, null::uuid as lease_id, probability from pick
        union all select item_id, n, lease_id, null from own where expires_at < now()) c, p
    where a.shard_key = $1::bigint and a.item_id = c.item_id and a.n = c.n and p.state = 'open'
        and (c.lease_id is null or (a.lease_id = c.lease_id and a.state = 'leased'))
    returning a.item_id, a.n, a.order_key, a.n_responses, a.lease_id, a.expires_at, a.shown, a.guideline_version,
        a.constitution_version
), opened as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses, is_drawn)
    select $1::bigint, t.item_id, t.n + 1, t.order_key, t.n_responses, true
    from taken t where t.n >= 0
    on conflict (shard_key, item_id, n) do nothing
), moved as (
    update participation m set n_given = m.n_given + 1, n_repeats = m.n_repeats + (select count(*) from again)
    from me, p
    where m.ctid = me.row and p.repeat_share > 0 and (exists (select from pick) or exists (select from again))
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
    case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (l.n + get_byte(uuid_send(l.item_id), 15)) % 2 = 0 then i.later end end,
    p.state = 'open' and l.lease_id is null and (exists (select from able) or not (select is_all from whole))
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
