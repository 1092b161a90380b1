-- People who come from a panel (Prolific and those that work the same way), under the panel's own id.

create table panel (
    shard_key bigint primary key,
    settings jsonb not null,                    -- as panel_read() writes them out
    secret_sealed text,                         -- with which what comes is signed; with a key outside the database
    old_secret_sealed text,                     -- good too, until then
    old_until timestamptz
);

-- One a person and study. The id outside is kept twice: as a keyed code, by which the person is known again (the key lies outside
-- the database), and sealed with the person's key, for paying them. Both go when the person is erased.
create table submission (
    shard_key bigint not null,
    participant_id uuid not null,
    external_code bytea check (length(external_code) = 16),
    external_sealed bytea,                      -- {id, study, session}
    state text not null default 'started' check (state in ('started', 'completed', 'screened_out', 'returned', 'timed_out')),
    is_dropped boolean not null default false,  -- what was judged was taken back
    started_at timestamptz not null default now(),
    due_at timestamptz,
    ended_at timestamptz,
    primary key (shard_key, participant_id),
    check ((state = 'started') = (ended_at is null))
);
create unique index submission_external on submission (shard_key, external_code) where external_code is not null;
create index submission_due on submission (due_at) where state = 'started';
create index submission_over on submission (ended_at) where state in ('returned', 'timed_out');

grant select, insert, update, delete on panel to plenum_app;
grant select, insert, update on submission to plenum_app;

-- What a participant has on lease goes to the others, and its places in quotas too; with `drops` also what they judged is taken
-- back: a void revision each, and the slots are wanted again. How many leases there were. Rows are locked in the order
-- in which judging locks them. Doing it twice is doing it once.
create function give_back(shard bigint, who uuid, drops boolean) returns integer
    language plpgsql set search_path = public, pg_temp
as $$
declare
    slots jsonb;
    n_leased integer;
    n_dropped integer;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    perform from assignment a
    where a.shard_key = shard and a.participant_id = who and (a.state = 'leased' or (drops and a.state = 'judged'
        and (a.item_id, a.n) in (select j.item_id, j.n from judgment j where j.shard_key = shard and j.participant_id = who)))
    order by a.lease_id for update;
    -- Locked: from here on nobody else moves them.
    select coalesce(jsonb_agg(jsonb_build_object('item', a.item_id, 'n', a.n, 'lease', a.lease_id, 'cell', encode(a.quota_cell, 'hex'),
            'judged', (a.state = 'judged')::integer)), '[]'),
        count(*) filter (where a.state = 'leased'), count(*) filter (where a.state = 'judged' and a.n >= 0)
        into slots, n_leased, n_dropped
    from assignment a
    where a.shard_key = shard and a.participant_id = who and (a.state = 'leased' or (drops and a.state = 'judged'
        and (a.item_id, a.n) in (select j.item_id, j.n from judgment j where j.shard_key = shard and j.participant_id = who)));
    insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, answer, shown,
        guideline_version, constitution_version, idempotency_key, request_hash, receipt)
    select shard, j.lease_id, j.revision + 1, md5('dropped ' || j.judgment_id)::uuid, j.item_id, j.n, who, 'void', '{}', j.shown,
        j.guideline_version, j.constitution_version, md5('drops ' || j.judgment_id)::uuid, decode(repeat('00', 32), 'hex'), ''
    from jsonb_array_elements(slots) s
    cross join lateral (select * from judgment j where j.shard_key = shard and j.lease_id = (s->>'lease')::uuid
        order by j.revision desc limit 1) j
    where s->>'judged' = '1';
    perform from quota_count q
    where q.shard_key = shard and (q.item_id, q.cell) in (
        select x.item_id, decode(s->>'cell', 'hex') from jsonb_array_elements(slots) s
        cross join lateral (values ((s->>'item')::uuid), (nowhere)) x (item_id) where s->>'cell' is not null)
    order by q.item_id desc, q.cell for update;
    update quota_count q set n_taken = q.n_taken - c.n, n_judged = q.n_judged - c.n_judged
    from (
        select x.item_id, decode(s->>'cell', 'hex') as cell, count(*) as n, sum((s->>'judged')::integer) as n_judged
        from jsonb_array_elements(slots) s
        cross join lateral (values ((s->>'item')::uuid), (nowhere)) x (item_id)
        where s->>'cell' is not null group by 1, 2
    ) c
    where q.shard_key = shard and q.item_id = c.item_id and q.cell = c.cell;
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null, expires_at = null,
        shown = null, quota_cell = null, place = null
    from jsonb_array_elements(slots) s
    where a.shard_key = shard and a.item_id = (s->>'item')::uuid and a.n = (s->>'n')::smallint;
    if n_dropped > 0 then
        insert into project_counter (shard_key, stripe, n_counted) values (shard, 0, -n_dropped)
        on conflict (shard_key, stripe) do update set n_counted = project_counter.n_counted + excluded.n_counted;
    end if;
    return n_leased;
end
$$;

-- How many tasks of the work itself somebody has judged: none to practise on or to qualify by.
create function n_judged_by(shard bigint, who uuid) returns bigint language sql stable set search_path = public, pg_temp as $$
    select (select count(*) from (
            select distinct on (j.lease_id) j.outcome from judgment j
            where j.shard_key = shard and j.participant_id = who order by j.lease_id, j.revision desc
        ) mine where outcome not in ('void', 'skip'))
        + (select count(*) from gold_task t
            cross join lateral (select outcome from gold_judgment j
                where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
            where t.shard_key = shard and t.participant_id = who and t.role = 'attention' and t.state = 'judged' and j.outcome <> 'skip')
$$;

-- A submission ends as returned or timed out, or as finished; null for `drops`: as the study has set. What it is
-- now, and how many leases went back. Who gave a submission back may have finished it before; otherwise the first end
-- stays. In a closed study what was judged is final.
create function end_submission(shard bigint, who uuid, becomes text, drops boolean, out state text, out is_dropped boolean,
    out n_leases integer)
    language plpgsql set search_path = public, pg_temp
as $$
declare
    mine submission;
    is_over boolean;
begin
    select * into mine from submission s where s.shard_key = shard and s.participant_id = who for no key update;
    if not found then
        return;
    end if;
    if mine.state <> becomes and (mine.state = 'started' or becomes = 'returned') then
        mine.state := becomes;
        update submission s set state = becomes, ended_at = coalesce(s.ended_at, now())
        where s.shard_key = shard and s.participant_id = who;
    end if;
    state := mine.state;
    is_dropped := mine.is_dropped;
    is_over := mine.state in ('returned', 'timed_out');
    drops := is_over and mine.state = becomes and not mine.is_dropped and coalesce(drops,
            (select n.settings->>case mine.state when 'returned' then 'on_return' else 'on_time_out' end = 'drop'
            from panel n where n.shard_key = shard), false)
        and exists (select from project p where p.shard_key = shard and p.state <> 'closed');
    n_leases := give_back(shard, who, drops);
    if drops then
        is_dropped := true;
        update submission s set is_dropped = true where s.shard_key = shard and s.participant_id = who;
    end if;
    -- Of whom nothing counts does not count as one of their kind either.
    if is_over and (is_dropped or n_judged_by(shard, who) = 0) then
        perform clear_quota_cell(shard, (select p.person_id from participation p where p.shard_key = shard and p.participant_id = who));
    end if;
end
$$;

-- What has become of a submission by now; `nothing_left`: why there is no task more, or null. Null: there is no submission.
create function settle_submission(shard bigint, who uuid, nothing_left text) returns text
    language plpgsql set search_path = public, pg_temp
as $$
declare
    mine submission;
    is_enough boolean;
    becomes text;
begin
    select * into mine from submission s where s.shard_key = shard and s.participant_id = who;
    if not found or mine.state <> 'started' then
        return mine.state;
    end if;
    select n_judged_by(shard, who) >= (n.settings->>'tasks')::bigint into is_enough from panel n where n.shard_key = shard;
    if is_enough then
        becomes := 'completed';
    elsif mine.due_at <= now() then
        becomes := 'timed_out';
    elsif nothing_left = 'done' then
        becomes := 'completed';
    elsif nothing_left = 'full' then
        becomes := case when n_judged_by(shard, who) > 0 then 'completed' else 'screened_out' end;
    elsif nothing_left = 'not_qualified' and (select coalesce(max(t.try), 0) from gold_task t
            where t.shard_key = shard and t.participant_id = who and t.role = 'qualification')
            >= (select (p.settings #>> '{onboarding,qualification,tries}')::integer from project p where p.shard_key = shard) then
        becomes := 'screened_out';
    end if;
    return case when becomes is null then 'started' else (select e.state from end_submission(shard, who, becomes, null) e) end;
end
$$;

-- Who leaves a study or community gives back what they had on lease, and their places among those of their kind. Judgments stay.
create function leave_participation(shard bigint, who uuid) returns uuid
    language plpgsql set search_path = public, pg_temp
as $$
declare
    mine uuid;
begin
    select p.participant_id into mine from participation p
    where p.shard_key = shard and p.person_id = who and p.state = 'active' for no key update;
    if found then
        perform clear_quota_cell(shard, who);
        perform give_back(shard, mine, false);
        update participation p set state = 'left', quota_cell = null where p.shard_key = shard and p.participant_id = mine;
    end if;
    return mine;
end
$$;

create function erase_submission(shard bigint, who uuid) returns void
    language plpgsql set search_path = public, pg_temp
as $$
begin
    update submission s set external_code = null, external_sealed = null
    from participation p
    where p.shard_key = shard and p.person_id = who and s.shard_key = shard and s.participant_id = p.participant_id;
end
$$;

revoke all on function give_back, n_judged_by, end_submission, settle_submission, leave_participation, erase_submission from public;
grant execute on function give_back, n_judged_by, end_submission, settle_submission, leave_participation, erase_submission to plenum_app;
