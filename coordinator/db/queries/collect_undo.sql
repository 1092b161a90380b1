-- Takes the judgment under lease $2 of participant $3 back: a void revision $4, and the lease is theirs again. What else
-- they have on lease goes to the others, for nobody has two. A skipped slot comes back if nobody has taken it, and the
-- person's cell, where the study counts by cells, has room. The void
-- revision holds what is answered and would be gone later (until when the lease is theirs), for the same key again.
with replay as materialized (
    select request_hash = $6::bytea as same from judgment
    where shard_key = $1::bigint and participant_id = $3::uuid and idempotency_key = $5::uuid
), p as materialized (
    select state, lease_seconds,
        case when setup = (select setup from project where shard_key = $1::bigint) then judgments_per_item else try_again() end as judgments_per_item
    from project where shard_key = $1::bigint for key share
), last as materialized (
    select item_id, n, revision, outcome, shown, guideline_version, constitution_version
    from judgment where shard_key = $1::bigint and lease_id = $2::uuid and participant_id = $3::uuid
    order by revision desc limit 1
), slot as materialized (
    select a.item_id, a.n, a.state, a.quota_cell
    from last join assignment a on a.shard_key = $1::bigint and a.item_id = last.item_id and a.n = last.n
    where not exists (select from replay) and ((a.state = 'judged' and a.lease_id = $2::uuid and last.outcome not in ('skip', 'void'))
        or (a.state = 'open' and last.outcome = 'skip'
            and (a.n < 0 or has_room($1::bigint, a.item_id, a.n, (select judgments_per_item from p)))))
        -- A chat has gone on from there.
        and not exists (select from chat_turn t join chat_turn later on later.shard_key = t.shard_key
            and later.chat_id = t.chat_id and later.turn > t.turn
            where t.shard_key = $1::bigint and t.turn_id = a.item_id)
    for update of a
), other as materialized (
    select a.item_id, a.n, a.quota_cell from assignment a
    where a.shard_key = $1::bigint and a.participant_id = $3::uuid and a.state = 'leased' and exists (select from slot)
    for update
), mine as materialized ( -- the cell that a skipped slot counts in when it comes back
    select q.cell from participation m
    join quota_count q on q.shard_key = $1::bigint and q.item_id = '00000000-0000-0000-0000-000000000000'
        and q.cell = m.quota_cell and q.unit = 'judgments'
    where m.shard_key = $1::bigint and m.participant_id = $3::uuid
), quota as materialized (
    select q.item_id, q.cell, c.taken, c.judged,
        c.taken <= 0 or coalesce(q.n_taken + c.taken <= case when q.item_id = s.item_id then q.n_wanted else s.n_per_item end, true) as fits
    from (
        select x.item_id, d.cell, sum(d.taken) as taken, sum(d.judged) as judged
        from (
            select slot.item_id, mine.cell, 1 as taken, 0 as judged from slot, last, mine
            where last.outcome = 'skip' and last.n >= 0
            union all
            select slot.item_id, slot.quota_cell, 0, -1 from slot, last where last.outcome <> 'skip'
            union all
            select item_id, quota_cell, -1, 0 from other
        ) d
        cross join lateral (values (d.item_id), ('00000000-0000-0000-0000-000000000000'::uuid)) x (item_id)
        where d.cell is not null group by 1, 2
    ) c
    join quota_count q on q.shard_key = $1::bigint and q.item_id = c.item_id and q.cell = c.cell
    join quota_count s on s.shard_key = $1::bigint and s.item_id = '00000000-0000-0000-0000-000000000000' and s.cell = c.cell
    order by q.item_id desc, q.cell for update of q
), void as (
    insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, answer, shown,
        guideline_version, constitution_version, idempotency_key, request_hash, receipt)
    select $1::bigint, $2::uuid, last.revision + 1, $4::uuid, slot.item_id, slot.n, $3::uuid, 'void',
        jsonb_build_object('expires_at', now() + make_interval(secs => p.lease_seconds)), last.shown,
        last.guideline_version, last.constitution_version, $5::uuid, $6::bytea, ''
    from slot, last, p where p.state = 'open' and not exists (select from quota where not fits)
    on conflict do nothing
    returning item_id, n
), released as (
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null,
        expires_at = null, shown = null, quota_cell = null
    from void v
    where a.shard_key = $1::bigint and a.participant_id = $3::uuid and a.state = 'leased'
        and (a.item_id, a.n) <> (v.item_id, v.n)
    returning a.item_id
), back as (
    -- Counting what was released makes it happen first: one lease a person holds at every moment.
    update assignment a set state = 'leased', lease_id = $2::uuid, participant_id = $3::uuid, leased_at = now(),
        expires_at = now() + make_interval(secs => p.lease_seconds), shown = last.shown,
        quota_cell = case when last.outcome = 'skip' and last.n >= 0 then (select cell from mine) else a.quota_cell end
    from void v, last, p
    where a.shard_key = $1::bigint and a.item_id = v.item_id and a.n = v.n
        and (select count(*) from released) >= 0
    returning a.item_id
), counted as (
    insert into project_counter (shard_key, stripe, n_counted, n_skipped)
    select $1::bigint, $7::smallint, case when last.outcome = 'skip' then 0 else -1 end,
        case when last.outcome = 'skip' then -1 else 0 end
    from back, last where last.n >= 0
    on conflict (shard_key, stripe) do update set n_counted = project_counter.n_counted + excluded.n_counted,
        n_skipped = project_counter.n_skipped + excluded.n_skipped
), quota_moved as (
    update quota_count q set n_taken = q.n_taken + c.taken, n_judged = q.n_judged + c.judged
    from quota c
    where q.shard_key = $1::bigint and q.item_id = c.item_id and q.cell = c.cell and exists (select from back)
)
select p.state, exists (select from back),
    exists (select from assignment a where a.shard_key = $1::bigint and a.lease_id = $2::uuid
        and a.participant_id = $3::uuid and a.state = 'leased'),
    exists (select from last), (select same from replay)
from p
