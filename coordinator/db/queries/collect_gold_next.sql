-- What participant $2 of shard $1 is given of the items with a known answer, under the new lease $3 and the constitution's version $4:
-- what they have out; else the next to practise on, of the first $5; else the next of the first $6 by which they qualify, when
-- the share $7 of them is as expected ($8 tries at the most; $9 begins another one); else, when $10 says so and nothing else
-- is out, one that checks attention. None that is hidden. In the columns of collect_assignment.sql, and then: which part it is, whether another request
-- of theirs was faster, and whether they have not qualified.
with p as materialized (
    select state, lease_seconds, guideline_version, task, task->>'kind' = 'pairwise' as is_pair, blind
    from project where shard_key = $1::bigint
), own as materialized (
    select lease_id, item_id, role, try, shown, guideline_version, constitution_version from gold_task
    where shard_key = $1::bigint and participant_id = $2::uuid and state = 'leased' order by given_at, lease_id limit 1
), had as materialized (
    select t.item_id, t.role, t.try, j.as_expected
    from gold_task t
    cross join lateral (select as_expected from gold_judgment j
        where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
    where t.shard_key = $1::bigint and t.participant_id = $2::uuid and t.state = 'judged'
), practice as materialized (
    select item_id, row_number() over (order by created_at, gold_place, item_id) as place, count(*) over () as n
    from (select item_id, created_at, gold_place from item where shard_key = $1::bigint and gold_role = 'practice'
            and not exists (select from item_hidden h where h.shard_key = $1::bigint and h.item_id = item.item_id)
        order by created_at, gold_place, item_id limit $5::integer) i
), exam as materialized (
    select item_id, row_number() over (order by created_at, gold_place, item_id) as place, count(*) over () as n
    from (select item_id, created_at, gold_place from item where shard_key = $1::bigint and gold_role = 'qualification'
            and not exists (select from item_hidden h where h.shard_key = $1::bigint and h.item_id = item.item_id)
        order by created_at, gold_place, item_id limit $6::integer) i
), tried as materialized (
    select t.try, e.n, count(h.item_id) = e.n as is_whole,
        count(h.item_id) = e.n and count(*) filter (where h.as_expected) < ceil($7::double precision * e.n - 1e-9) as has_failed
    from (select coalesce(max(try), 1) as try from had where role = 'qualification') t
    cross join exam e
    left join had h on h.role = 'qualification' and h.try = t.try and h.item_id = e.item_id
    group by t.try, e.n
), next as materialized (
    (select 1 as rank, x.item_id, 'practice' as role, 1 as try from practice x
    where not exists (select from had h where h.role = 'practice' and h.item_id = x.item_id)
    order by place limit 1)
    union all
    (select 2, e.item_id, 'qualification', y.try
    from (select try from tried where not is_whole
        union all select try + 1 from tried where has_failed and $9::boolean and try < $8::integer) y
    cross join exam e
    where not exists (select from had h where h.role = 'qualification' and h.try = y.try and h.item_id = e.item_id)
    order by place limit 1)
    union all
    (select 3, i.item_id, 'attention', 1 from item i
    where i.shard_key = $1::bigint and i.gold_role = 'attention' and $10::boolean
        and not exists (select from item_hidden h where h.shard_key = $1::bigint and h.item_id = i.item_id)
        and not exists (select from tried where has_failed)
        and not exists (select from had h where h.role = 'attention' and h.item_id = i.item_id)
        and not exists (select from assignment a
            where a.shard_key = $1::bigint and a.participant_id = $2::uuid and a.state = 'leased')
    order by md5(i.item_id::text || $2::uuid::text) limit 1)
), made as (
    insert into gold_task (shard_key, lease_id, participant_id, item_id, role, try, shown, guideline_version,
        constitution_version)
    select $1::bigint, $3::uuid, $2::uuid, x.item_id, x.role, x.try,
        array(select s::smallint from generate_series(0, i.n_responses - 1) s order by md5($3::uuid::text || ' ' || s)),
        p.guideline_version, $4::integer
    from (select * from next order by rank limit 1) x
    join item i on i.shard_key = $1::bigint and i.item_id = x.item_id
    cross join p
    where p.state = 'open' and not exists (select from own)
    on conflict do nothing
    returning lease_id, item_id, role, try, shown, guideline_version, constitution_version
), lease as (
    select *, 0 as n from made union all select *, 0 from own
)
select p.state, exists (select from own), l.lease_id,
    (extract(epoch from now() + make_interval(secs => p.lease_seconds)) * 1000000)::bigint, l.item_id,
    -- include as_shown
    , case l.role when 'practice' then (select json_build_object('role', 'practice', 'place', x.place, 'of', x.n)
            from practice x where x.item_id = l.item_id)
        when 'qualification' then (select json_build_object('role', 'qualification', 'place', e.place, 'of', e.n, 'try', l.try)
            from exam e where e.item_id = l.item_id) end,
    exists (select from next) and not exists (select from lease) and p.state = 'open',
    exists (select from tried where has_failed)
from p
left join lease l on true
left join item i on i.shard_key = $1::bigint and i.item_id = l.item_id
