-- Made by 'make schema' from migrations/; do not edit. A test compares it with a freshly migrated database.
CREATE FUNCTION public.admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    had bytea[];
    counts_already boolean;
    fits boolean;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    perform from project p where p.shard_key = shard and p.setup = found_by for key share;
    if not found then
        return null;
    end if;
    select coalesce((select array_agg(substring(p.quota_cell from 16 * i + 1 for 16))
            from generate_series(0, length(p.quota_cell) / 16 - 1) i), '{}'),
        p.quota_version <> answers_version and p.quota_setup = found_by into had, counts_already
    from participation p where p.shard_key = shard and p.participant_id = participant and p.state = 'active'
    for no key update;
    if not found then
        return false;
    end if;
    if counts_already then
        return null;
    end if;
    perform from quota_count q
    where q.shard_key = shard and q.item_id = nowhere and q.unit = 'people' and q.cell = any(had || cells)
    order by q.cell for update;
    select not exists (select from quota_count q where q.shard_key = shard and q.item_id = nowhere and q.unit = 'people'
        and q.cell = any(cells) and q.cell <> all(had) and q.n_taken >= q.n_wanted) into fits;
    update quota_count q set n_taken = q.n_taken - 1
    where q.shard_key = shard and q.item_id = nowhere and q.unit = 'people' and q.cell = any(had)
        and not (fits and q.cell = any(cells));
    update quota_count q set n_taken = q.n_taken + 1
    where fits and q.shard_key = shard and q.item_id = nowhere and q.unit = 'people' and q.cell = any(cells)
        and q.cell <> all(had);
    update participation p set
        quota_cell = case when fits then coalesce((select string_agg(c, '' order by c) from unnest(cells) c), '') end,
        quota_version = answers_version, quota_setup = found_by
    where p.shard_key = shard and p.participant_id = participant;
    return fits;
end
$$;

ALTER FUNCTION public.admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer) OWNER TO plenum_owner;

CREATE FUNCTION public.answers_at(who uuid, at integer) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select d.sealed from demographic_answer d
    where d.person_id = who and d.version >= coalesce(at, 0) and d.sealed is not null
    order by d.version limit 1
$$;

ALTER FUNCTION public.answers_at(who uuid, at integer) OWNER TO plenum_owner;

CREATE FUNCTION public.as_expected(expected jsonb, outcome text, answer jsonb, shown smallint[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case when expected is not null and outcome not in ('cannot_judge', 'skip', 'void') then
        (not expected ? 'choice' or expected->'choice' = case outcome when 'left' then to_jsonb(shown[1])
            when 'right' then to_jsonb(shown[2]) else to_jsonb(outcome) end)
        and (not expected ? 'ranking' or coalesce(sorted_ranks(answer->'ranking') = sorted_ranks(expected->'ranking'), false))
        and (not expected ? 'ratings' or coalesce(answer->'ratings' @> (expected->'ratings'), false)) end
$$;

ALTER FUNCTION public.as_expected(expected jsonb, outcome text, answer jsonb, shown smallint[]) OWNER TO plenum_owner;

CREATE FUNCTION public.change_setup(shard bigint, project uuid, expected integer, wanted integer, new_quotas jsonb, codes bytea[], limits bigint[], per_item bigint[], counted_in text, beyond bigint, OUT outcome text, OUT is_number_new boolean, OUT is_quota_new boolean) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    old record;
    unwanted bigint;
    was_unwanted bigint;
    was_wanted bigint;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    is_number_new := false;
    is_quota_new := false;
    select p.state, p.setup, p.judgments_per_item, p.n_beyond, p.settings->'quotas' as quotas into old
    from project p where p.shard_key = shard and p.project_id = change_setup.project for update;
    outcome := case when old.state is null then null when old.state = 'closed' then 'closed'
        when old.setup <> expected then 'moved' else 'same' end;
    if outcome is distinct from 'same' then
        return;
    end if;
    is_number_new := old.judgments_per_item <> wanted;
    is_quota_new := old.quotas is distinct from new_quotas;
    if not is_number_new and not is_quota_new then
        return;
    end if;
    outcome := 'changed';
    if is_quota_new then
        perform from quota_count q where q.shard_key = shard and q.item_id = nowhere order by q.cell for update;
        update quota_count q set n_wanted = 0, n_per_item = case when q.n_per_item is not null then 0 end, n_given = q.n_taken
        where q.shard_key = shard and q.item_id = nowhere and q.cell <> all(codes);
        insert into quota_count (shard_key, item_id, cell, unit, n_wanted, n_per_item)
        select shard, nowhere, u.cell, counted_in, u.n_wanted, u.n_per_item
        from unnest(codes, limits, per_item) u (cell, n_wanted, n_per_item)
        on conflict (shard_key, item_id, cell) do update set n_wanted = excluded.n_wanted, n_per_item = excluded.n_per_item,
            n_given = quota_count.n_taken;
    end if;
    if is_number_new then
        select coalesce(sum(n_unwanted), 0) into was_unwanted from item_hidden h where h.shard_key = shard;
        update item_hidden h set n_unwanted = greatest(0, wanted - (select count(*) from assignment a
            where a.shard_key = shard and a.item_id = h.item_id and a.n >= 0 and a.state = 'judged'))
        where h.shard_key = shard and exists (select from assignment a
            where a.shard_key = shard and a.item_id = h.item_id and a.n = 0);
        select coalesce(sum(n_unwanted), 0) into unwanted from item_hidden h where h.shard_key = shard;
        select coalesce(sum(n_wanted), 0) into was_wanted from project_counter c where c.shard_key = shard;
        insert into project_counter (shard_key, stripe, n_wanted)
        values (shard, 0, (was_wanted - old.n_beyond + was_unwanted) / old.judgments_per_item * wanted
            + beyond - unwanted - was_wanted)
        on conflict (shard_key, stripe) do update set n_wanted = project_counter.n_wanted + excluded.n_wanted;
    end if;
    update project p set judgments_per_item = wanted,
        most_per_item = greatest(wanted, p.judgments_per_item, p.most_per_item), n_beyond = case when is_number_new then beyond else p.n_beyond end,
        settings = p.settings || jsonb_build_object('quotas', new_quotas), setup = p.setup + 1
    where p.shard_key = shard and p.project_id = change_setup.project;
end
$$;

ALTER FUNCTION public.change_setup(shard bigint, project uuid, expected integer, wanted integer, new_quotas jsonb, codes bytea[], limits bigint[], per_item bigint[], counted_in text, beyond bigint, OUT outcome text, OUT is_number_new boolean, OUT is_quota_new boolean) OWNER TO plenum_owner;

CREATE FUNCTION public.clear_quota_cell(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    mine record;
    slot record;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    select participant_id, quota_cell into mine from participation p
    where p.shard_key = shard and p.person_id = who and p.quota_cell is not null for no key update;
    if not found then
        return;
    end if;
    update participation p set quota_cell = null
    where p.shard_key = shard and p.participant_id = mine.participant_id;
    select item_id, n, quota_cell into slot from assignment a
    where a.shard_key = shard and a.participant_id = mine.participant_id and a.state = 'leased'
        and a.quota_cell is not null for update;
    if found then
        update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null,
            expires_at = null, shown = null, quota_cell = null
        where a.shard_key = shard and a.item_id = slot.item_id and a.n = slot.n;
        update quota_count q set n_taken = q.n_taken - 1
        where q.shard_key = shard and q.item_id = slot.item_id and q.cell = slot.quota_cell;
        update quota_count q set n_taken = q.n_taken - 1
        where q.shard_key = shard and q.item_id = nowhere and q.cell = slot.quota_cell;
    end if;
    update assignment a set quota_cell = null
    from (select distinct item_id, n from judgment j
        where j.shard_key = shard and j.participant_id = mine.participant_id) j
    where a.shard_key = shard and a.item_id = j.item_id and a.n = j.n and a.participant_id = mine.participant_id
        and a.quota_cell is not null;
    -- Where people are counted, who is not known to be of a kind any more does not count as one.
    perform from quota_count q
    where q.shard_key = shard and q.item_id = nowhere and q.unit = 'people' and q.cell in (
        select substring(mine.quota_cell from 16 * i + 1 for 16) from generate_series(0, length(mine.quota_cell) / 16 - 1) i)
    order by q.cell for update;
    update quota_count q set n_taken = q.n_taken - 1
    where q.shard_key = shard and q.item_id = nowhere and q.unit = 'people' and q.cell in (
        select substring(mine.quota_cell from 16 * i + 1 for 16) from generate_series(0, length(mine.quota_cell) / 16 - 1) i);
end
$$;

ALTER FUNCTION public.clear_quota_cell(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.end_submission(shard bigint, who uuid, becomes text, drops boolean, OUT state text, OUT is_dropped boolean, OUT n_leases integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.end_submission(shard bigint, who uuid, becomes text, drops boolean, OUT state text, OUT is_dropped boolean, OUT n_leases integer) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_chats(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    update chat_turn t set request_hash = decode(repeat('00', 32), 'hex')
    from participation p
    where p.shard_key = shard and p.person_id = who and t.shard_key = shard and t.participant_id = p.participant_id;
    update chat c set state = 'ended', ended_at = coalesce(c.ended_at, now())
    from participation p
    where p.shard_key = shard and p.person_id = who and c.shard_key = shard and c.participant_id = p.participant_id
        and c.state = 'open';
end
$$;

ALTER FUNCTION public.erase_chats(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_gold(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    mine uuid;
begin
    select p.participant_id into mine from participation p where p.shard_key = shard and p.person_id = who;
    delete from gold_task t where t.shard_key = shard and t.participant_id = mine and t.state = 'leased'
        and not exists (select from gold_judgment j where j.shard_key = shard and j.lease_id = t.lease_id);
    update gold_judgment j set request_hash = decode(repeat('00', 32), 'hex'), receipt = '', note_sealed = null
    where j.shard_key = shard and j.participant_id = mine and j.note_sealed is not null;
    update gold_judgment j set client = null
    where j.shard_key = shard and j.participant_id = mine and j.client is not null;
end
$$;

ALTER FUNCTION public.erase_gold(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_guideline_reads(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    update guideline_read g set read_at = null
    from participation p
    where p.shard_key = shard and p.person_id = who and g.shard_key = shard and g.participant_id = p.participant_id;
end
$$;

ALTER FUNCTION public.erase_guideline_reads(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_participation(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    mine uuid;
begin
    perform clear_quota_cell(shard, who);
    update participation p set state = case when p.state = 'excluded' then 'excluded' else 'left' end, roles = 0,
        has_standing = false, source_id = null, exclusion_reason = null, quota_cell = null, quota_version = null
    where p.shard_key = shard and p.person_id = who
    returning p.participant_id into mine;
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null, expires_at = null,
        shown = null
    where a.shard_key = shard and a.participant_id = mine and a.state = 'leased';
    update judgment j set request_hash = decode(repeat('00', 32), 'hex'), receipt = '', note_sealed = null
    where j.shard_key = shard and j.participant_id = mine and j.note_sealed is not null;
    update judgment j set client = null
    where j.shard_key = shard and j.participant_id = mine and j.client is not null;
    delete from idempotency i where i.shard_key = shard and i.actor in (who, mine);
end
$$;

ALTER FUNCTION public.erase_participation(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_person(who uuid) RETURNS SETOF bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    return query select * from withdraw_demographics(who);
    delete from session s where s.person_id = who;
    delete from token t where t.person_id = who;
    delete from credential c where c.person_id = who;
    update person p set erased_at = coalesce(p.erased_at, now()) where p.person_id = who;
end
$$;

ALTER FUNCTION public.erase_person(who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_reports(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    update report r set words_sealed = null
    from participation p
    where p.shard_key = shard and p.person_id = who and r.shard_key = shard and r.participant_id = p.participant_id;
end
$$;

ALTER FUNCTION public.erase_reports(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_statements(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    update statement s set words = null, sealed = null, appeal_sealed = null, request_hash = decode(repeat('00', 32), 'hex')
    from participation p
    where p.shard_key = shard and p.person_id = who and s.shard_key = shard and s.participant_id = p.participant_id;
end
$$;

ALTER FUNCTION public.erase_statements(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_submission(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    update submission s set external_code = null, external_sealed = null
    from participation p
    where p.shard_key = shard and p.person_id = who and s.shard_key = shard and s.participant_id = p.participant_id;
end
$$;

ALTER FUNCTION public.erase_submission(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.erase_words(shard bigint, who uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    mine uuid;
begin
    update participation p set exclusion_code = case when p.state = 'excluded' then 'other' end
    where p.shard_key = shard and p.person_id = who
    returning p.participant_id into mine;
    delete from words_twin t where t.shard_key = shard and t.participant_id = mine;
    delete from words_twin t where t.shard_key = shard and t.other_participant_id = mine;
    delete from words w where w.shard_key = shard and w.participant_id = mine;
end
$$;

ALTER FUNCTION public.erase_words(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.give_back(shard bigint, who uuid, drops boolean) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.give_back(shard bigint, who uuid, drops boolean) OWNER TO plenum_owner;

CREATE FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    perform from person p where p.person_id = who and p.erased_at is null for no key update;
    if found then
        insert into demographic_answer as d (person_id, version, sealed, consent_version)
        select who, coalesce(max(o.version), 0) + 1, answers, consent from demographic_answer o where o.person_id = who
        returning d.version, d.given_at into version, given_at;
    end if;
end
$$;

ALTER FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) OWNER TO plenum_owner;

CREATE FUNCTION public.has_room(shard bigint, item uuid, slot integer, wanted integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
    n_held bigint;
begin
    select count(*) into n_held from (
        select from assignment a where a.shard_key = shard and a.item_id = item and a.n >= 0 and a.state = 'open'
        for update skip locked
    ) held;
    return (
        select count(*) filter (where a.state = 'open') = n_held
            and count(*) filter (where a.state <> 'open' and a.n <> slot) < wanted
        from assignment a where a.shard_key = shard and a.item_id = item and a.n >= 0
    );
end
$$;

ALTER FUNCTION public.has_room(shard bigint, item uuid, slot integer, wanted integer) OWNER TO plenum_owner;

CREATE FUNCTION public.leave_participation(shard bigint, who uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.leave_participation(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.n_judged_by(shard bigint, who uuid) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'public', 'pg_temp'
    AS $$
    select (select count(*) from (
            select distinct on (j.lease_id) j.outcome from judgment j
            where j.shard_key = shard and j.participant_id = who order by j.lease_id, j.revision desc
        ) mine where outcome not in ('void', 'skip'))
        + (select count(*) from gold_task t
            cross join lateral (select outcome from gold_judgment j
                where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
            where t.shard_key = shard and t.participant_id = who and t.role = 'attention' and t.state = 'judged' and j.outcome <> 'skip')
$$;

ALTER FUNCTION public.n_judged_by(shard bigint, who uuid) OWNER TO plenum_owner;

CREATE FUNCTION public.order_on_screen(key bigint, slot integer, n_responses integer, is_pair boolean) RETURNS smallint[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    labels smallint[]; -- the item's own numbering of its responses: no order in which they came is favoured
    m constant integer := n_responses;
    n_pairs constant integer := m * (m - 1) / 2;
    n_rounds constant integer := m - 1 + m % 2;
    pass constant integer := case when is_pair and m > 2 then slot / n_pairs else slot end;
    is_turned constant boolean := (pass # (pass >> 1)) & 1 = 1;
    round integer;
    match integer;
    one integer;
    other integer;
begin
    if m = 1 then
        return array[0];
    elsif m = 2 then
        return case when is_turned = (key & 1 = 1) then array[0, 1] else array[1, 0] end;
    end if;
    labels := array(select x from generate_series(0, m - 1) x order by md5(key || ' ' || x) collate "C");
    if is_pair then
        round := slot % n_pairs / (m / 2);
        match := slot % n_pairs % (m / 2) + m % 2;
        one := case when match = 0 and round % 2 = 1 then m - 1 else (round + match) % n_rounds end;
        other := case when match > 0 then (round - match + n_rounds) % n_rounds when round % 2 = 1 then round else m - 1 end;
        return case when is_turned then array[labels[other + 1], labels[one + 1]] else array[labels[one + 1], labels[other + 1]] end;
    end if;
    return array(
        select labels[1 + (slot / 2 + case when place % 2 = 1 then (place + 1) / 2 else m - place / 2 end) % m]
        from generate_series(0, m - 1) place order by case when is_turned then -place else place end);
end
$$;

ALTER FUNCTION public.order_on_screen(key bigint, slot integer, n_responses integer, is_pair boolean) OWNER TO plenum_owner;

CREATE FUNCTION public.settle_submission(shard bigint, who uuid, nothing_left text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

ALTER FUNCTION public.settle_submission(shard bigint, who uuid, nothing_left text) OWNER TO plenum_owner;

CREATE FUNCTION public.sorted_ranks(ranking jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    AS $$
    select jsonb_agg((select jsonb_agg(x order by x) from jsonb_array_elements(g) x) order by place)
    from jsonb_array_elements(ranking) with ordinality u (g, place)
$$;

ALTER FUNCTION public.sorted_ranks(ranking jsonb) OWNER TO plenum_owner;

CREATE FUNCTION public.tally_start_over(shard bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    delete from tally_outcome t where t.shard_key = shard;
    delete from tally_time t where t.shard_key = shard;
    delete from tally_hour t where t.shard_key = shard;
    delete from tally_person t where t.shard_key = shard;
    delete from tally_item t where t.shard_key = shard;
    delete from tally_unit t where t.shard_key = shard;
    delete from tally_pattern t where t.shard_key = shard;
    delete from tally_moment t where t.shard_key = shard;
    delete from tally_repeat t where t.shard_key = shard;
    update tally t set snapshot = null, repeats = null, n_items = 0 where t.shard_key = shard;
    update judgment j set stored_xid = 0
    where j.shard_key = shard and j.stored_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
end
$$;

ALTER FUNCTION public.tally_start_over(shard bigint) OWNER TO plenum_owner;

CREATE FUNCTION public.task_of(shard bigint, shown integer, latest integer, task jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select case when shown = latest then task
        else (select g.task from guideline g where g.shard_key = shard and g.version = shown) end
$$;

ALTER FUNCTION public.task_of(shard bigint, shown integer, latest integer, task jsonb) OWNER TO plenum_owner;

CREATE FUNCTION public.try_again() RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'the study has just changed' using errcode = 'serialization_failure';
end
$$;

ALTER FUNCTION public.try_again() OWNER TO plenum_owner;

CREATE FUNCTION public.withdraw_demographics(who uuid) RETURNS SETOF bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    perform from person p where p.person_id = who for no key update;
    return query select a.sealed from demographic_answer a where a.person_id = who and a.sealed is not null;
    if found then
        update demographic_answer a set sealed = null where a.person_id = who and a.sealed is not null;
        insert into demographic_answer (person_id, version, sealed, consent_version)
        select who, max(a.version) + 1, null, 'withdrawn' from demographic_answer a where a.person_id = who;
    end if;
end
$$;

ALTER FUNCTION public.withdraw_demographics(who uuid) OWNER TO plenum_owner;

CREATE TABLE public.amendment (
    shard_key bigint NOT NULL,
    amendment_id uuid NOT NULL,
    base_version integer NOT NULL,
    operations jsonb NOT NULL,
    rationale text NOT NULL,
    proposer uuid NOT NULL,
    state text NOT NULL,
    cost integer NOT NULL,
    rule jsonb NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    n_yes integer DEFAULT 0 NOT NULL,
    n_no integer DEFAULT 0 NOT NULL,
    n_abstain integer DEFAULT 0 NOT NULL,
    outcome jsonb,
    balance integer NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT amendment_state_check CHECK ((state = ANY (ARRAY['open'::text, 'adopted'::text, 'rejected'::text, 'withdrawn'::text, 'review'::text])))
);

ALTER TABLE public.amendment OWNER TO plenum_owner;

CREATE TABLE public.assignment (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    order_key bigint NOT NULL,
    n_responses smallint NOT NULL,
    lease_id uuid,
    participant_id uuid,
    leased_at timestamp with time zone,
    expires_at timestamp with time zone,
    shown smallint[],
    strategy text,
    probability real,
    guideline_version integer,
    constitution_version integer,
    quota_cell bytea,
    place integer,
    is_drawn boolean DEFAULT false NOT NULL,
    CONSTRAINT assignment_check CHECK (((state = 'open'::text) = (lease_id IS NULL))),
    CONSTRAINT assignment_check1 CHECK (((state = 'open'::text) = (participant_id IS NULL))),
    CONSTRAINT assignment_n_check CHECK ((n <> '-1'::integer)),
    CONSTRAINT assignment_state_check CHECK ((state = ANY (ARRAY['open'::text, 'leased'::text, 'judged'::text])))
)
WITH (fillfactor='80');

ALTER TABLE public.assignment OWNER TO plenum_owner;

CREATE TABLE public.ballot (
    shard_key bigint NOT NULL,
    amendment_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    revision integer NOT NULL,
    choice text NOT NULL,
    cast_at timestamp with time zone DEFAULT now() NOT NULL,
    demographics_version integer,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    receipt text NOT NULL,
    CONSTRAINT ballot_choice_check CHECK ((choice = ANY (ARRAY['yes'::text, 'no'::text, 'abstain'::text]))),
    CONSTRAINT ballot_revision_check CHECK ((revision > 0))
);

ALTER TABLE public.ballot OWNER TO plenum_owner;

CREATE TABLE public.chat (
    shard_key bigint NOT NULL,
    chat_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT chat_state_check CHECK ((state = ANY (ARRAY['open'::text, 'ended'::text])))
);

ALTER TABLE public.chat OWNER TO plenum_owner;

CREATE TABLE public.chat_response (
    shard_key bigint NOT NULL,
    turn_id uuid NOT NULL,
    n smallint NOT NULL,
    attempt smallint NOT NULL,
    endpoint_id uuid NOT NULL,
    model text NOT NULL,
    parameters jsonb NOT NULL,
    state text NOT NULL,
    content_sealed bytea,
    status smallint,
    tries smallint NOT NULL,
    first_token_ms integer,
    whole_ms integer NOT NULL,
    finish_reason text NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chat_response_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT chat_response_check CHECK (((state = ANY (ARRAY['whole'::text, 'cut'::text])) = (content_sealed IS NOT NULL))),
    CONSTRAINT chat_response_n_check CHECK ((n >= 0)),
    CONSTRAINT chat_response_state_check CHECK ((state = ANY (ARRAY['whole'::text, 'cut'::text, 'empty'::text, 'late'::text, 'busy'::text, 'refused'::text, 'unreachable'::text, 'not_understood'::text])))
);

ALTER TABLE public.chat_response OWNER TO plenum_owner;

CREATE TABLE public.chat_turn (
    shard_key bigint NOT NULL,
    chat_id uuid NOT NULL,
    turn smallint NOT NULL,
    turn_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    goes_on smallint,
    message_sealed bytea NOT NULL,
    endpoints uuid[] NOT NULL,
    shown smallint[] NOT NULL,
    constitution_version integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    CONSTRAINT chat_turn_request_hash_check CHECK ((length(request_hash) = 32)),
    CONSTRAINT chat_turn_turn_check CHECK ((turn >= 0))
);

ALTER TABLE public.chat_turn OWNER TO plenum_owner;

CREATE TABLE public.community (
    shard_key bigint NOT NULL,
    community_id uuid NOT NULL,
    name text NOT NULL,
    settings jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT community_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE public.community OWNER TO plenum_owner;

CREATE TABLE public.constitution (
    shard_key bigint NOT NULL,
    version integer NOT NULL,
    document text NOT NULL,
    document_hash bytea NOT NULL,
    amendment_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT constitution_document_hash_check CHECK ((length(document_hash) = 32)),
    CONSTRAINT constitution_version_check CHECK ((version > 0))
);

ALTER TABLE public.constitution OWNER TO plenum_owner;

CREATE TABLE public.conversation (
    shard_key bigint NOT NULL,
    conversation_id uuid NOT NULL,
    title jsonb NOT NULL,
    about jsonb,
    settings jsonb NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    n_statements integer DEFAULT 0 NOT NULL,
    n_votes bigint DEFAULT 0 NOT NULL,
    n_people integer DEFAULT 0 NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    closes_at timestamp with time zone,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    CONSTRAINT conversation_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

ALTER TABLE public.conversation OWNER TO plenum_owner;

CREATE TABLE public.conversation_person (
    shard_key bigint NOT NULL,
    conversation_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    n_voted integer DEFAULT 0 NOT NULL,
    drawn uuid,
    probability real
);

ALTER TABLE public.conversation_person OWNER TO plenum_owner;

CREATE TABLE public.credential (
    person_id uuid NOT NULL,
    name text NOT NULL,
    passphrase_hash text NOT NULL,
    recovery_hashes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credential_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64)))
);

ALTER TABLE public.credential OWNER TO plenum_owner;

CREATE TABLE public.delivery (
    webhook_id uuid NOT NULL,
    event_id uuid NOT NULL,
    shard_key bigint NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    more jsonb NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT now() NOT NULL,
    tried_at timestamp with time zone,
    status smallint,
    error text,
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'delivered'::text, 'failed'::text])))
);

ALTER TABLE public.delivery OWNER TO plenum_owner;

CREATE TABLE public.demographic_answer (
    person_id uuid NOT NULL,
    version integer NOT NULL,
    sealed bytea,
    consent_version text NOT NULL,
    given_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT demographic_answer_version_check CHECK ((version > 0))
);

ALTER TABLE public.demographic_answer OWNER TO plenum_owner;

CREATE TABLE public.embedding (
    shard_key bigint NOT NULL,
    space bytea NOT NULL,
    text_hash bytea NOT NULL,
    embedding bytea NOT NULL,
    CONSTRAINT embedding_space_check CHECK ((length(space) = 32)),
    CONSTRAINT embedding_text_hash_check CHECK ((length(text_hash) = 32))
);

ALTER TABLE public.embedding OWNER TO plenum_owner;

CREATE TABLE public.embedding_endpoint (
    shard_key bigint NOT NULL,
    endpoint_id uuid NOT NULL,
    url text NOT NULL,
    model text NOT NULL,
    dimensions integer,
    space bytea NOT NULL,
    key_sealed text,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    n_dimensions integer,
    state text DEFAULT 'filling'::text NOT NULL,
    n_items bigint DEFAULT 0 NOT NULL,
    after_item uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    after_n smallint DEFAULT 0 NOT NULL,
    pass_embedded bigint DEFAULT 0 NOT NULL,
    pass_sealed bigint DEFAULT 0 NOT NULL,
    n_embedded bigint DEFAULT 0 NOT NULL,
    n_sealed bigint DEFAULT 0 NOT NULL,
    looked_at timestamp with time zone DEFAULT now() NOT NULL,
    n_failures integer DEFAULT 0 NOT NULL,
    error jsonb,
    failed_at timestamp with time zone,
    next_at timestamp with time zone DEFAULT now() NOT NULL,
    lease uuid,
    lease_until timestamp with time zone,
    CONSTRAINT embedding_endpoint_dimensions_check CHECK (((dimensions >= 1) AND (dimensions <= 8192))),
    CONSTRAINT embedding_endpoint_model_check CHECK (((length(model) >= 1) AND (length(model) <= 200))),
    CONSTRAINT embedding_endpoint_n_dimensions_check CHECK (((n_dimensions >= 1) AND (n_dimensions <= 8192))),
    CONSTRAINT embedding_endpoint_space_check CHECK ((length(space) = 32)),
    CONSTRAINT embedding_endpoint_state_check CHECK ((state = ANY (ARRAY['filling'::text, 'whole'::text, 'stopped'::text])))
);

ALTER TABLE public.embedding_endpoint OWNER TO plenum_owner;

CREATE TABLE public.endpoint (
    shard_key bigint NOT NULL,
    endpoint_id uuid NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    model text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    key_sealed text,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT endpoint_model_check CHECK (((length(model) >= 1) AND (length(model) <= 200))),
    CONSTRAINT endpoint_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

ALTER TABLE public.endpoint OWNER TO plenum_owner;

CREATE TABLE public.enrolment (
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT enrolment_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.enrolment OWNER TO plenum_owner;

CREATE TABLE public.event (
    shard_key bigint NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    more jsonb DEFAULT '{}'::jsonb NOT NULL,
    happened_at timestamp with time zone DEFAULT now() NOT NULL,
    is_spread boolean DEFAULT false NOT NULL
);

ALTER TABLE public.event OWNER TO plenum_owner;

CREATE TABLE public.export (
    shard_key bigint NOT NULL,
    export_id uuid NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    request jsonb NOT NULL,
    manifest jsonb,
    error text,
    requested_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE public.export OWNER TO plenum_owner;

CREATE TABLE public.fit (
    shard_key bigint NOT NULL,
    fit_id uuid NOT NULL,
    method text NOT NULL,
    attribute text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    progress jsonb DEFAULT '{}'::jsonb NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    model_id uuid,
    error text,
    requested_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    result jsonb,
    predecessor_id uuid,
    seen pg_snapshot,
    n_counted bigint,
    CONSTRAINT fit_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE public.fit OWNER TO plenum_owner;

CREATE TABLE public.gold_judgment (
    shard_key bigint NOT NULL,
    lease_id uuid NOT NULL,
    revision integer NOT NULL,
    judgment_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    outcome text NOT NULL,
    strength smallint,
    answer jsonb DEFAULT '{}'::jsonb NOT NULL,
    note_sealed bytea,
    as_expected boolean,
    active_ms integer,
    wall_ms integer,
    client jsonb,
    demographics_version integer,
    judged_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    receipt text NOT NULL,
    CONSTRAINT gold_judgment_outcome_check CHECK ((outcome = ANY (ARRAY['left'::text, 'right'::text, 'tie'::text, 'both_bad'::text, 'cannot_judge'::text, 'skip'::text, 'ranking'::text, 'rating'::text, 'void'::text]))),
    CONSTRAINT gold_judgment_request_hash_check CHECK ((length(request_hash) = 32)),
    CONSTRAINT gold_judgment_revision_check CHECK ((revision > 0)),
    CONSTRAINT gold_judgment_strength_check CHECK (((strength >= 1) AND (strength <= 4)))
);

ALTER TABLE public.gold_judgment OWNER TO plenum_owner;

CREATE TABLE public.gold_task (
    shard_key bigint NOT NULL,
    lease_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    role text NOT NULL,
    try smallint NOT NULL,
    state text DEFAULT 'leased'::text NOT NULL,
    shown smallint[] NOT NULL,
    guideline_version integer NOT NULL,
    constitution_version integer,
    given_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT gold_task_role_check CHECK ((role = ANY (ARRAY['practice'::text, 'qualification'::text, 'attention'::text]))),
    CONSTRAINT gold_task_state_check CHECK ((state = ANY (ARRAY['leased'::text, 'judged'::text]))),
    CONSTRAINT gold_task_try_check CHECK ((try > 0))
);

ALTER TABLE public.gold_task OWNER TO plenum_owner;

CREATE TABLE public.guideline (
    shard_key bigint NOT NULL,
    version integer NOT NULL,
    text jsonb NOT NULL,
    text_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    task jsonb NOT NULL
);

ALTER TABLE public.guideline OWNER TO plenum_owner;

CREATE TABLE public.guideline_read (
    shard_key bigint NOT NULL,
    participant_id uuid NOT NULL,
    version integer NOT NULL,
    read_at timestamp with time zone DEFAULT now()
);

ALTER TABLE public.guideline_read OWNER TO plenum_owner;

CREATE TABLE public.idempotency (
    shard_key bigint NOT NULL,
    actor uuid NOT NULL,
    key uuid NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_request_hash_check CHECK ((length(request_hash) = 32))
);

ALTER TABLE public.idempotency OWNER TO plenum_owner;

CREATE TABLE public.invitation (
    shard_key bigint NOT NULL,
    invitation_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    kind text DEFAULT 'annotator'::text NOT NULL,
    max_uses integer NOT NULL,
    n_uses integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT invitation_check CHECK (((n_uses >= 0) AND (n_uses <= max_uses))),
    CONSTRAINT invitation_code_hash_check CHECK ((length(code_hash) = 32)),
    CONSTRAINT invitation_kind_check CHECK ((kind = ANY (ARRAY['annotator'::text, 'member'::text]))),
    CONSTRAINT invitation_max_uses_check CHECK (((max_uses >= 1) AND (max_uses <= 1000000)))
);

ALTER TABLE public.invitation OWNER TO plenum_owner;

CREATE TABLE public.item (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    source_id text,
    replaces uuid,
    prompt jsonb NOT NULL,
    n_responses smallint NOT NULL,
    language text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    gold jsonb,
    warning text,
    content_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    later jsonb,
    expected jsonb,
    gold_role text,
    gold_place integer,
    CONSTRAINT item_content_hash_check CHECK ((length(content_hash) = 32)),
    CONSTRAINT item_gold_role_check CHECK ((gold_role = ANY (ARRAY['practice'::text, 'qualification'::text, 'attention'::text]))),
    CONSTRAINT item_n_responses_check CHECK (((n_responses >= 1) AND (n_responses <= 100)))
);

ALTER TABLE public.item OWNER TO plenum_owner;

CREATE TABLE public.item_hidden (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n_unwanted bigint NOT NULL
);

ALTER TABLE public.item_hidden OWNER TO plenum_owner;

CREATE TABLE public.item_sealed (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    person_id uuid NOT NULL,
    sealed bytea NOT NULL
);

ALTER TABLE public.item_sealed OWNER TO plenum_owner;

CREATE TABLE public.item_value (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    value real NOT NULL,
    CONSTRAINT item_value_value_check CHECK ((value >= (0)::double precision))
);

ALTER TABLE public.item_value OWNER TO plenum_owner;

CREATE TABLE public.job (
    job_id uuid NOT NULL,
    kind text NOT NULL,
    shard_key bigint NOT NULL,
    object_id uuid NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    worker_id uuid,
    lease_expires_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 5 NOT NULL,
    snapshot_hash bytea,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    about jsonb,
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'leased'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE public.job OWNER TO plenum_owner;

CREATE TABLE public.judgment (
    shard_key bigint NOT NULL,
    lease_id uuid NOT NULL,
    revision integer NOT NULL,
    judgment_id uuid NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    participant_id uuid NOT NULL,
    outcome text NOT NULL,
    strength smallint,
    answer jsonb DEFAULT '{}'::jsonb NOT NULL,
    note_sealed bytea,
    shown smallint[] NOT NULL,
    active_ms integer,
    wall_ms integer,
    client jsonb,
    guideline_version integer NOT NULL,
    constitution_version integer,
    demographics_version integer,
    source text DEFAULT 'live'::text NOT NULL,
    judged_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    receipt text NOT NULL,
    stored_xid bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    CONSTRAINT judgment_outcome_check CHECK ((outcome = ANY (ARRAY['left'::text, 'right'::text, 'tie'::text, 'both_bad'::text, 'cannot_judge'::text, 'skip'::text, 'ranking'::text, 'rating'::text, 'void'::text]))),
    CONSTRAINT judgment_request_hash_check CHECK ((length(request_hash) = 32)),
    CONSTRAINT judgment_revision_check CHECK ((revision > 0)),
    CONSTRAINT judgment_strength_check CHECK (((strength >= 1) AND (strength <= 4)))
);

ALTER TABLE public.judgment OWNER TO plenum_owner;

CREATE TABLE public.log_checkpoint (
    size bigint NOT NULL,
    root_hash bytea NOT NULL,
    edge bytea NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT log_checkpoint_root_hash_check CHECK ((length(root_hash) = 32))
);

ALTER TABLE public.log_checkpoint OWNER TO plenum_owner;

CREATE TABLE public.log_entry (
    sequence bigint NOT NULL,
    entry_id uuid NOT NULL,
    entry text NOT NULL,
    leaf_hash bytea NOT NULL,
    CONSTRAINT log_entry_leaf_hash_check CHECK ((length(leaf_hash) = 32)),
    CONSTRAINT log_entry_sequence_check CHECK ((sequence >= 0))
);

ALTER TABLE public.log_entry OWNER TO plenum_owner;

CREATE TABLE public.log_node (
    level smallint NOT NULL,
    n bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT log_node_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT log_node_level_check CHECK (((level >= 1) AND (level <= 7))),
    CONSTRAINT log_node_n_check CHECK ((n >= 0))
);

ALTER TABLE public.log_node OWNER TO plenum_owner;

CREATE TABLE public.log_outbox (
    shard_key bigint NOT NULL,
    entry_id uuid NOT NULL,
    entry text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.log_outbox OWNER TO plenum_owner;

CREATE TABLE public.model (
    shard_key bigint NOT NULL,
    model_id uuid NOT NULL,
    fit_id uuid NOT NULL,
    method text NOT NULL,
    artefact_hash bytea NOT NULL,
    size bigint NOT NULL,
    snapshot_hash bytea NOT NULL,
    card jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT model_artefact_hash_check CHECK ((length(artefact_hash) = 32))
);

ALTER TABLE public.model OWNER TO plenum_owner;

CREATE TABLE public.model_bytes (
    shard_key bigint NOT NULL,
    model_id uuid NOT NULL,
    chunk integer NOT NULL,
    bytes bytea NOT NULL
);

ALTER TABLE public.model_bytes OWNER TO plenum_owner;

CREATE TABLE public.notice_setting (
    person_id uuid NOT NULL,
    off text[] DEFAULT '{}'::text[] NOT NULL,
    seen_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

ALTER TABLE public.notice_setting OWNER TO plenum_owner;

CREATE TABLE public.panel (
    shard_key bigint NOT NULL,
    settings jsonb NOT NULL,
    secret_sealed text,
    old_secret_sealed text,
    old_until timestamp with time zone
);

ALTER TABLE public.panel OWNER TO plenum_owner;

CREATE TABLE public.participation (
    shard_key bigint NOT NULL,
    participant_id uuid NOT NULL,
    person_id uuid NOT NULL,
    roles integer NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    exclusion_reason text,
    source_id text,
    consent_version text,
    consent_hash bytea,
    consented_at timestamp with time zone,
    invitation_id uuid,
    has_standing boolean DEFAULT false NOT NULL,
    quota_cell bytea,
    cursor_n smallint DEFAULT 0 NOT NULL,
    cursor_key bigint DEFAULT '-9223372036854775808'::bigint NOT NULL,
    budget_until timestamp with time zone,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    quota_version integer,
    conditions jsonb,
    n_given integer DEFAULT 0 NOT NULL,
    n_repeats integer DEFAULT 0 NOT NULL,
    excluded_from text,
    excluded_at timestamp with time zone,
    quota_setup integer,
    exclusion_code text,
    CONSTRAINT participation_excluded_from_check CHECK ((excluded_from = ANY (ARRAY['active'::text, 'left'::text]))),
    CONSTRAINT participation_exclusion_code_check CHECK ((exclusion_code = ANY (ARRAY['one_side'::text, 'fast'::text, 'pasted'::text, 'untyped'::text, 'twins'::text, 'known_answers'::text, 'same_person'::text, 'asked_to'::text, 'other'::text]))),
    CONSTRAINT participation_state_check CHECK ((state = ANY (ARRAY['active'::text, 'excluded'::text, 'left'::text])))
)
WITH (fillfactor='80');

ALTER TABLE public.participation OWNER TO plenum_owner;

CREATE TABLE public.person (
    person_id uuid NOT NULL,
    kind text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT person_kind_check CHECK ((kind = ANY (ARRAY['bare'::text, 'named'::text, 'imported'::text, 'simulated'::text])))
);

ALTER TABLE public.person OWNER TO plenum_owner;

CREATE TABLE public.project (
    shard_key bigint NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    settings jsonb NOT NULL,
    task jsonb GENERATED ALWAYS AS ((settings -> 'task'::text)) STORED,
    blind boolean GENERATED ALWAYS AS (COALESCE(((settings -> 'blind'::text))::boolean, true)) STORED,
    judgments_per_item integer NOT NULL,
    lease_seconds integer DEFAULT 1800 NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    guideline_version integer DEFAULT 1 NOT NULL,
    community_shard_key bigint,
    community_id uuid,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    repeat_share double precision GENERATED ALWAYS AS (COALESCE(((settings -> 'repeat_share'::text))::double precision, (0)::double precision)) STORED,
    strategy text GENERATED ALWAYS AS (COALESCE((settings ->> 'strategy'::text), 'least_judged'::text)) STORED,
    setup integer DEFAULT 1 NOT NULL,
    n_beyond bigint DEFAULT 0 NOT NULL,
    most_per_item integer,
    CONSTRAINT project_judgments_per_item_check CHECK (((judgments_per_item >= 1) AND (judgments_per_item <= 1000))),
    CONSTRAINT project_lease_seconds_check CHECK (((lease_seconds >= 1) AND (lease_seconds <= 604800))),
    CONSTRAINT project_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT project_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paused'::text, 'closed'::text])))
);

ALTER TABLE public.project OWNER TO plenum_owner;

CREATE TABLE public.project_counter (
    shard_key bigint NOT NULL,
    stripe smallint NOT NULL,
    n_items bigint DEFAULT 0 NOT NULL,
    n_wanted bigint DEFAULT 0 NOT NULL,
    n_counted bigint DEFAULT 0 NOT NULL,
    n_participants bigint DEFAULT 0 NOT NULL,
    n_skipped bigint DEFAULT 0 NOT NULL,
    n_imported bigint DEFAULT 0 NOT NULL
);

ALTER TABLE public.project_counter OWNER TO plenum_owner;

CREATE TABLE public.project_told (
    shard_key bigint NOT NULL,
    n_judgments bigint DEFAULT 0 NOT NULL,
    is_complete boolean DEFAULT false NOT NULL,
    told_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

ALTER TABLE public.project_told OWNER TO plenum_owner;

CREATE TABLE public.quota_count (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    cell bytea NOT NULL,
    unit text NOT NULL,
    n_wanted bigint,
    n_per_item bigint,
    n_taken bigint DEFAULT 0 NOT NULL,
    n_judged bigint DEFAULT 0 NOT NULL,
    n_given bigint DEFAULT 0 NOT NULL,
    CONSTRAINT quota_count_cell_check CHECK ((length(cell) = 16)),
    CONSTRAINT quota_count_check CHECK (((n_taken >= 0) AND ((n_wanted IS NULL) OR (n_taken <= GREATEST(n_wanted, n_given))))),
    CONSTRAINT quota_count_check1 CHECK (((n_judged >= 0) AND (n_judged <= n_taken))),
    CONSTRAINT quota_count_unit_check CHECK ((unit = ANY (ARRAY['judgments'::text, 'people'::text])))
)
WITH (fillfactor='80');

ALTER TABLE public.quota_count OWNER TO plenum_owner;

CREATE TABLE public.refit (
    shard_key bigint NOT NULL,
    method text NOT NULL,
    project_id uuid NOT NULL,
    attribute text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    share real NOT NULL,
    least_s integer NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT refit_least_s_check CHECK (((least_s >= 60) AND (least_s <= 31536000))),
    CONSTRAINT refit_method_check CHECK ((method = ANY (ARRAY['pooled'::text, 'group'::text, 'dro'::text, 'maxmin'::text, 'jury'::text]))),
    CONSTRAINT refit_share_check CHECK (((share >= (0.01)::double precision) AND (share <= (10)::double precision)))
);

ALTER TABLE public.refit OWNER TO plenum_owner;

CREATE TABLE public.report (
    shard_key bigint NOT NULL,
    report_id uuid NOT NULL,
    object_kind text NOT NULL,
    object_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    reason text NOT NULL,
    words_sealed bytea,
    state text DEFAULT 'open'::text NOT NULL,
    decision text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    decided_at timestamp with time zone,
    CONSTRAINT report_check CHECK (((state = 'open'::text) = (decided_at IS NULL))),
    CONSTRAINT report_object_kind_check CHECK ((object_kind = ANY (ARRAY['item'::text, 'amendment'::text]))),
    CONSTRAINT report_reason_check CHECK ((reason = ANY (ARRAY['hate'::text, 'harassment'::text, 'violence'::text, 'sexual'::text, 'self_harm'::text, 'privacy'::text, 'spam'::text, 'other'::text]))),
    CONSTRAINT report_state_check CHECK ((state = ANY (ARRAY['open'::text, 'dismissed'::text, 'upheld'::text])))
);

ALTER TABLE public.report OWNER TO plenum_owner;

CREATE TABLE public.response (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n smallint NOT NULL,
    source_id text,
    content text NOT NULL,
    model text,
    embedding bytea,
    meta jsonb
);

ALTER TABLE public.response OWNER TO plenum_owner;

CREATE TABLE public.schema_migration (
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT schema_migration_checksum_check CHECK ((length(checksum) = 32))
);

ALTER TABLE public.schema_migration OWNER TO plenum_owner;

CREATE TABLE public.session (
    session_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT session_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.session OWNER TO plenum_owner;

CREATE TABLE public.shown_figures (
    shard_key bigint NOT NULL,
    what text NOT NULL,
    n_people bigint NOT NULL,
    body jsonb NOT NULL,
    shown_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT shown_figures_n_people_check CHECK ((n_people >= 10)),
    CONSTRAINT shown_figures_what_check CHECK (((length(what) >= 1) AND (length(what) <= 500)))
);

ALTER TABLE public.shown_figures OWNER TO plenum_owner;

CREATE TABLE public.statement (
    shard_key bigint NOT NULL,
    statement_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    n integer NOT NULL,
    kind text NOT NULL,
    words text,
    sealed bytea,
    participant_id uuid,
    state text NOT NULL,
    reason text,
    merged_into uuid,
    appeal_sealed bytea,
    appealed_at timestamp with time zone,
    decided_at timestamp with time zone,
    extremity real DEFAULT 0 NOT NULL,
    n_agree integer DEFAULT 0 NOT NULL,
    n_disagree integer DEFAULT 0 NOT NULL,
    n_pass integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid,
    request_hash bytea,
    CONSTRAINT statement_check CHECK (((kind <> 'member'::text) OR (participant_id IS NOT NULL))),
    CONSTRAINT statement_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'seed'::text, 'meta'::text]))),
    CONSTRAINT statement_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'shown'::text, 'rejected'::text, 'merged'::text])))
);

ALTER TABLE public.statement OWNER TO plenum_owner;

CREATE TABLE public.statement_vote (
    shard_key bigint NOT NULL,
    statement_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    revision integer NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    choice text NOT NULL,
    is_important boolean DEFAULT false NOT NULL,
    probability real,
    demographics_version integer,
    voted_at timestamp with time zone DEFAULT now() NOT NULL,
    idempotency_key uuid NOT NULL,
    request_hash bytea NOT NULL,
    CONSTRAINT statement_vote_choice_check CHECK ((choice = ANY (ARRAY['agree'::text, 'disagree'::text, 'pass'::text]))),
    CONSTRAINT statement_vote_revision_check CHECK ((revision > 0))
);

ALTER TABLE public.statement_vote OWNER TO plenum_owner;

CREATE TABLE public.submission (
    shard_key bigint NOT NULL,
    participant_id uuid NOT NULL,
    external_code bytea,
    external_sealed bytea,
    state text DEFAULT 'started'::text NOT NULL,
    is_dropped boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT submission_check CHECK (((state = 'started'::text) = (ended_at IS NULL))),
    CONSTRAINT submission_external_code_check CHECK ((length(external_code) = 16)),
    CONSTRAINT submission_state_check CHECK ((state = ANY (ARRAY['started'::text, 'completed'::text, 'screened_out'::text, 'returned'::text, 'timed_out'::text])))
);

ALTER TABLE public.submission OWNER TO plenum_owner;

CREATE TABLE public.tally (
    shard_key bigint NOT NULL,
    snapshot pg_snapshot,
    n_items bigint DEFAULT 0 NOT NULL,
    repeats pg_snapshot
);

ALTER TABLE public.tally OWNER TO plenum_owner;

CREATE TABLE public.tally_hour (
    shard_key bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    n bigint NOT NULL
);

ALTER TABLE public.tally_hour OWNER TO plenum_owner;

CREATE TABLE public.tally_item (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    n bigint NOT NULL,
    pairs bigint NOT NULL,
    pairs_apart bigint NOT NULL,
    disagreement real GENERATED ALWAYS AS (
CASE
    WHEN (pairs > 0) THEN ((((pairs_apart)::numeric / 1000.0) / (pairs)::numeric))::real
    ELSE NULL::real
END) STORED
);

ALTER TABLE public.tally_item OWNER TO plenum_owner;

CREATE TABLE public.tally_moment (
    shard_key bigint NOT NULL,
    measure text NOT NULL,
    m bigint NOT NULL,
    sums numeric[] NOT NULL
);

ALTER TABLE public.tally_moment OWNER TO plenum_owner;

CREATE TABLE public.tally_outcome (
    shard_key bigint NOT NULL,
    outcome text NOT NULL,
    n bigint NOT NULL,
    n_live bigint NOT NULL
);

ALTER TABLE public.tally_outcome OWNER TO plenum_owner;

CREATE TABLE public.tally_pattern (
    shard_key bigint NOT NULL,
    measure text NOT NULL,
    counts integer[] NOT NULL,
    times bigint NOT NULL
);

ALTER TABLE public.tally_pattern OWNER TO plenum_owner;

CREATE TABLE public.tally_person (
    shard_key bigint NOT NULL,
    participant_id uuid NOT NULL,
    n bigint NOT NULL,
    n_skipped bigint NOT NULL,
    n_left bigint NOT NULL,
    n_right bigint NOT NULL,
    active_ms bigint NOT NULL,
    last_at timestamp with time zone
);

ALTER TABLE public.tally_person OWNER TO plenum_owner;

CREATE TABLE public.tally_repeat (
    shard_key bigint NOT NULL,
    measure text NOT NULL,
    sums numeric[] NOT NULL
);

ALTER TABLE public.tally_repeat OWNER TO plenum_owner;

CREATE TABLE public.tally_time (
    shard_key bigint NOT NULL,
    active_ms integer NOT NULL,
    n bigint NOT NULL
);

ALTER TABLE public.tally_time OWNER TO plenum_owner;

CREATE TABLE public.tally_unit (
    shard_key bigint NOT NULL,
    item_id uuid NOT NULL,
    measure text NOT NULL,
    a smallint NOT NULL,
    b smallint NOT NULL,
    counts bigint[] NOT NULL
);

ALTER TABLE public.tally_unit OWNER TO plenum_owner;

CREATE TABLE public.token (
    token_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    roles integer NOT NULL,
    shard_key bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT token_secret_hash_check CHECK ((length(secret_hash) = 32))
);

ALTER TABLE public.token OWNER TO plenum_owner;

CREATE TABLE public.webhook (
    webhook_id uuid NOT NULL,
    shard_key bigint NOT NULL,
    url text NOT NULL,
    kinds text[] NOT NULL,
    secret_sealed text NOT NULL,
    old_secret_sealed text,
    old_until timestamp with time zone,
    state text DEFAULT 'on'::text NOT NULL,
    off_reason text,
    failing_since timestamp with time zone,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_check CHECK (((state = 'off'::text) = (off_reason IS NOT NULL))),
    CONSTRAINT webhook_off_reason_check CHECK ((off_reason = ANY (ARRAY['switched_off'::text, 'gone'::text, 'failing'::text]))),
    CONSTRAINT webhook_state_check CHECK ((state = ANY (ARRAY['on'::text, 'off'::text])))
);

ALTER TABLE public.webhook OWNER TO plenum_owner;

CREATE TABLE public.weighing (
    shard_key bigint NOT NULL,
    strategy text NOT NULL,
    model_id uuid NOT NULL,
    n_items bigint NOT NULL,
    n_valued bigint NOT NULL,
    max_value real NOT NULL,
    error text,
    weighed_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.weighing OWNER TO plenum_owner;

CREATE TABLE public.words (
    shard_key bigint NOT NULL,
    text_id uuid NOT NULL,
    revision integer NOT NULL,
    participant_id uuid NOT NULL,
    is_pasted boolean,
    is_untyped boolean,
    shingles integer[] NOT NULL,
    bands bigint[] NOT NULL,
    is_compared boolean DEFAULT false NOT NULL
);

ALTER TABLE public.words OWNER TO plenum_owner;

CREATE TABLE public.words_twin (
    shard_key bigint NOT NULL,
    text_id uuid NOT NULL,
    is_own boolean NOT NULL,
    revision integer NOT NULL,
    participant_id uuid NOT NULL,
    other_id uuid NOT NULL,
    other_revision integer NOT NULL,
    other_participant_id uuid NOT NULL,
    share real NOT NULL,
    CONSTRAINT words_twin_share_check CHECK (((share > (0)::double precision) AND (share <= (1)::double precision)))
);

ALTER TABLE public.words_twin OWNER TO plenum_owner;

CREATE TABLE public.worker (
    worker_id uuid NOT NULL,
    name text NOT NULL,
    certificate_hash bytea NOT NULL,
    enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    revoked_at timestamp with time zone
);

ALTER TABLE public.worker OWNER TO plenum_owner;

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_pkey PRIMARY KEY (shard_key, amendment_id);

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_shard_key_proposer_idempotency_key_key UNIQUE (shard_key, proposer, idempotency_key);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (shard_key, item_id, n);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_pkey PRIMARY KEY (shard_key, amendment_id, participant_id, revision);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.chat
    ADD CONSTRAINT chat_pkey PRIMARY KEY (shard_key, chat_id);

ALTER TABLE ONLY public.chat_response
    ADD CONSTRAINT chat_response_pkey PRIMARY KEY (shard_key, turn_id, n, attempt);

ALTER TABLE ONLY public.chat_turn
    ADD CONSTRAINT chat_turn_pkey PRIMARY KEY (shard_key, chat_id, turn);

ALTER TABLE ONLY public.chat_turn
    ADD CONSTRAINT chat_turn_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.chat_turn
    ADD CONSTRAINT chat_turn_shard_key_turn_id_key UNIQUE (shard_key, turn_id);

ALTER TABLE ONLY public.community
    ADD CONSTRAINT community_pkey PRIMARY KEY (shard_key, community_id);

ALTER TABLE ONLY public.constitution
    ADD CONSTRAINT constitution_pkey PRIMARY KEY (shard_key, version);

ALTER TABLE ONLY public.conversation_person
    ADD CONSTRAINT conversation_person_pkey PRIMARY KEY (shard_key, conversation_id, participant_id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (shard_key, conversation_id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_shard_key_created_by_idempotency_key_key UNIQUE (shard_key, created_by, idempotency_key);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_name_key UNIQUE (name);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (webhook_id, event_id);

ALTER TABLE ONLY public.demographic_answer
    ADD CONSTRAINT demographic_answer_pkey PRIMARY KEY (person_id, version);

ALTER TABLE ONLY public.embedding_endpoint
    ADD CONSTRAINT embedding_endpoint_pkey PRIMARY KEY (shard_key);

ALTER TABLE ONLY public.embedding
    ADD CONSTRAINT embedding_pkey PRIMARY KEY (shard_key, space, text_hash);

ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT endpoint_pkey PRIMARY KEY (shard_key, endpoint_id);

ALTER TABLE ONLY public.enrolment
    ADD CONSTRAINT enrolment_pkey PRIMARY KEY (secret_hash);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (shard_key, event_id);

ALTER TABLE ONLY public.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (shard_key, export_id);

ALTER TABLE ONLY public.fit
    ADD CONSTRAINT fit_pkey PRIMARY KEY (shard_key, fit_id);

ALTER TABLE ONLY public.gold_judgment
    ADD CONSTRAINT gold_judgment_pkey PRIMARY KEY (shard_key, lease_id, revision);

ALTER TABLE ONLY public.gold_judgment
    ADD CONSTRAINT gold_judgment_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.gold_task
    ADD CONSTRAINT gold_task_pkey PRIMARY KEY (shard_key, lease_id);

ALTER TABLE ONLY public.gold_task
    ADD CONSTRAINT gold_task_shard_key_participant_id_item_id_try_key UNIQUE (shard_key, participant_id, item_id, try);

ALTER TABLE ONLY public.guideline
    ADD CONSTRAINT guideline_pkey PRIMARY KEY (shard_key, version);

ALTER TABLE ONLY public.guideline_read
    ADD CONSTRAINT guideline_read_pkey PRIMARY KEY (shard_key, participant_id, version);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (shard_key, actor, key);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (shard_key, invitation_id);

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_shard_key_code_hash_key UNIQUE (shard_key, code_hash);

ALTER TABLE ONLY public.item_hidden
    ADD CONSTRAINT item_hidden_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.item_sealed
    ADD CONSTRAINT item_sealed_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_shard_key_content_hash_key UNIQUE (shard_key, content_hash);

ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_shard_key_source_id_key UNIQUE (shard_key, source_id);

ALTER TABLE ONLY public.item_value
    ADD CONSTRAINT item_value_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_kind_object_id_key UNIQUE (kind, object_id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY public.judgment
    ADD CONSTRAINT judgment_pkey PRIMARY KEY (shard_key, lease_id, revision);

ALTER TABLE ONLY public.judgment
    ADD CONSTRAINT judgment_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.log_checkpoint
    ADD CONSTRAINT log_checkpoint_pkey PRIMARY KEY (size);

ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT log_entry_entry_id_key UNIQUE (entry_id);

ALTER TABLE ONLY public.log_entry
    ADD CONSTRAINT log_entry_pkey PRIMARY KEY (sequence);

ALTER TABLE ONLY public.log_node
    ADD CONSTRAINT log_node_pkey PRIMARY KEY (level, n);

ALTER TABLE ONLY public.log_outbox
    ADD CONSTRAINT log_outbox_pkey PRIMARY KEY (shard_key, entry_id);

ALTER TABLE ONLY public.model_bytes
    ADD CONSTRAINT model_bytes_pkey PRIMARY KEY (shard_key, model_id, chunk);

ALTER TABLE ONLY public.model
    ADD CONSTRAINT model_pkey PRIMARY KEY (shard_key, model_id);

ALTER TABLE ONLY public.model
    ADD CONSTRAINT model_shard_key_fit_id_key UNIQUE (shard_key, fit_id);

ALTER TABLE ONLY public.notice_setting
    ADD CONSTRAINT notice_setting_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.panel
    ADD CONSTRAINT panel_pkey PRIMARY KEY (shard_key);

ALTER TABLE ONLY public.participation
    ADD CONSTRAINT participation_pkey PRIMARY KEY (shard_key, participant_id);

ALTER TABLE ONLY public.participation
    ADD CONSTRAINT participation_shard_key_person_id_key UNIQUE (shard_key, person_id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.project_counter
    ADD CONSTRAINT project_counter_pkey PRIMARY KEY (shard_key, stripe);

ALTER TABLE ONLY public.project
    ADD CONSTRAINT project_pkey PRIMARY KEY (shard_key, project_id);

ALTER TABLE ONLY public.project_told
    ADD CONSTRAINT project_told_pkey PRIMARY KEY (shard_key);

ALTER TABLE ONLY public.quota_count
    ADD CONSTRAINT quota_count_pkey PRIMARY KEY (shard_key, item_id, cell);

ALTER TABLE ONLY public.refit
    ADD CONSTRAINT refit_pkey PRIMARY KEY (shard_key, method);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_pkey PRIMARY KEY (shard_key, report_id);

ALTER TABLE ONLY public.report
    ADD CONSTRAINT report_shard_key_object_id_participant_id_key UNIQUE (shard_key, object_id, participant_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (shard_key, item_id, n);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.shown_figures
    ADD CONSTRAINT shown_figures_pkey PRIMARY KEY (shard_key, what);

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_pkey PRIMARY KEY (shard_key, statement_id);

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_shard_key_conversation_id_n_key UNIQUE (shard_key, conversation_id, n);

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.statement_vote
    ADD CONSTRAINT statement_vote_pkey PRIMARY KEY (shard_key, statement_id, participant_id, revision);

ALTER TABLE ONLY public.statement_vote
    ADD CONSTRAINT statement_vote_shard_key_conversation_id_seq_key UNIQUE (shard_key, conversation_id, seq);

ALTER TABLE ONLY public.statement_vote
    ADD CONSTRAINT statement_vote_shard_key_participant_id_idempotency_key_key UNIQUE (shard_key, participant_id, idempotency_key);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT submission_pkey PRIMARY KEY (shard_key, participant_id);

ALTER TABLE ONLY public.tally_hour
    ADD CONSTRAINT tally_hour_pkey PRIMARY KEY (shard_key, hour);

ALTER TABLE ONLY public.tally_item
    ADD CONSTRAINT tally_item_pkey PRIMARY KEY (shard_key, item_id);

ALTER TABLE ONLY public.tally_moment
    ADD CONSTRAINT tally_moment_pkey PRIMARY KEY (shard_key, measure, m);

ALTER TABLE ONLY public.tally_outcome
    ADD CONSTRAINT tally_outcome_pkey PRIMARY KEY (shard_key, outcome);

ALTER TABLE ONLY public.tally_pattern
    ADD CONSTRAINT tally_pattern_pkey PRIMARY KEY (shard_key, measure, counts);

ALTER TABLE ONLY public.tally_person
    ADD CONSTRAINT tally_person_pkey PRIMARY KEY (shard_key, participant_id);

ALTER TABLE ONLY public.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (shard_key);

ALTER TABLE ONLY public.tally_repeat
    ADD CONSTRAINT tally_repeat_pkey PRIMARY KEY (shard_key, measure);

ALTER TABLE ONLY public.tally_time
    ADD CONSTRAINT tally_time_pkey PRIMARY KEY (shard_key, active_ms);

ALTER TABLE ONLY public.tally_unit
    ADD CONSTRAINT tally_unit_pkey PRIMARY KEY (shard_key, item_id, measure, a, b);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (webhook_id);

ALTER TABLE ONLY public.weighing
    ADD CONSTRAINT weighing_pkey PRIMARY KEY (shard_key);

ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (shard_key, text_id, revision);

ALTER TABLE ONLY public.words_twin
    ADD CONSTRAINT words_twin_pkey PRIMARY KEY (shard_key, text_id, is_own);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (worker_id);

CREATE INDEX amendment_due ON public.amendment USING btree (closes_at) WHERE (state = 'open'::text);

CREATE INDEX assignment_drawn ON public.assignment USING btree (shard_key, order_key, item_id, n) WHERE ((state = 'open'::text) AND (n >= 0) AND is_drawn);

CREATE INDEX assignment_expiry ON public.assignment USING btree (shard_key, expires_at) WHERE ((state = 'leased'::text) AND (expires_at IS NOT NULL) AND (n >= 0));

CREATE UNIQUE INDEX assignment_lease ON public.assignment USING btree (shard_key, lease_id) WHERE (lease_id IS NOT NULL);

CREATE UNIQUE INDEX assignment_never_twice ON public.assignment USING btree (shard_key, item_id, participant_id) WHERE ((participant_id IS NOT NULL) AND (n >= 0));

CREATE UNIQUE INDEX assignment_one_lease ON public.assignment USING btree (shard_key, participant_id) WHERE ((state = 'leased'::text) AND (participant_id IS NOT NULL));

CREATE INDEX assignment_open ON public.assignment USING btree (shard_key, n, order_key, item_id) WHERE ((state = 'open'::text) AND (n >= 0));

CREATE INDEX assignment_repeatable ON public.assignment USING btree (shard_key, participant_id, place) WHERE ((state = 'judged'::text) AND (place IS NOT NULL));

CREATE UNIQUE INDEX chat_one_open ON public.chat USING btree (shard_key, participant_id) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX chat_response_whole ON public.chat_response USING btree (shard_key, turn_id, n) WHERE (state = 'whole'::text);

CREATE UNIQUE INDEX community_one_per_shard ON public.community USING btree (shard_key);

CREATE INDEX delivery_due ON public.delivery USING btree (webhook_id, next_at) WHERE (state = ANY (ARRAY['waiting'::text, 'sending'::text]));

CREATE INDEX delivery_old ON public.delivery USING btree (happened_at);

CREATE INDEX event_notice ON public.event USING btree (shard_key, happened_at) WHERE (kind = ANY (ARRAY['project.state_changed'::text, 'amendment.state_changed'::text, 'report.decided'::text]));

CREATE INDEX event_old ON public.event USING btree (happened_at);

CREATE INDEX event_unspread ON public.event USING btree (happened_at) WHERE (NOT is_spread);

CREATE INDEX item_expected ON public.item USING btree (shard_key, item_id) WHERE ((expected IS NOT NULL) AND (gold_role IS NULL));

CREATE INDEX item_gold ON public.item USING btree (shard_key, gold_role, created_at, gold_place, item_id) WHERE (gold_role IS NOT NULL);

CREATE INDEX job_queue ON public.job USING btree (created_at) WHERE (state = ANY (ARRAY['queued'::text, 'leased'::text]));

CREATE INDEX judgment_item ON public.judgment USING btree (shard_key, item_id, participant_id);

CREATE INDEX judgment_repeat ON public.judgment USING btree (shard_key, item_id, participant_id) WHERE (n < 0);

CREATE INDEX judgment_stored ON public.judgment USING brin (stored_xid) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX log_entry_leaf ON public.log_entry USING btree (leaf_hash);

CREATE INDEX participation_person ON public.participation USING btree (person_id);

CREATE UNIQUE INDEX participation_source ON public.participation USING btree (shard_key, source_id) WHERE (source_id IS NOT NULL);

CREATE UNIQUE INDEX project_one_per_shard ON public.project USING btree (shard_key);

CREATE INDEX report_participant ON public.report USING btree (shard_key, participant_id);

CREATE INDEX session_person ON public.session USING btree (person_id);

CREATE INDEX statement_vote_person ON public.statement_vote USING btree (shard_key, conversation_id, participant_id, statement_id);

CREATE INDEX statement_waiting ON public.statement USING btree (shard_key, conversation_id, n) WHERE ((state = 'waiting'::text) OR (appealed_at IS NOT NULL));

CREATE INDEX submission_due ON public.submission USING btree (due_at) WHERE (state = 'started'::text);

CREATE UNIQUE INDEX submission_external ON public.submission USING btree (shard_key, external_code) WHERE (external_code IS NOT NULL);

CREATE INDEX submission_over ON public.submission USING btree (ended_at) WHERE (state = ANY (ARRAY['returned'::text, 'timed_out'::text]));

CREATE INDEX tally_item_apart ON public.tally_item USING btree (shard_key, disagreement DESC NULLS LAST, pairs DESC, item_id);

CREATE INDEX token_person ON public.token USING btree (person_id);

CREATE INDEX webhook_shard ON public.webhook USING btree (shard_key);

CREATE INDEX words_band ON public.words USING gin (bands);

CREATE INDEX words_new ON public.words USING btree (shard_key) WHERE (NOT is_compared);

CREATE INDEX words_of ON public.words USING btree (shard_key, participant_id);

CREATE INDEX words_twin_of ON public.words_twin USING btree (shard_key, participant_id);

CREATE INDEX words_twin_with ON public.words_twin USING btree (shard_key, other_participant_id);

ALTER TABLE ONLY public.amendment
    ADD CONSTRAINT amendment_shard_key_base_version_fkey FOREIGN KEY (shard_key, base_version) REFERENCES public.constitution(shard_key, version);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.ballot
    ADD CONSTRAINT ballot_shard_key_amendment_id_fkey FOREIGN KEY (shard_key, amendment_id) REFERENCES public.amendment(shard_key, amendment_id);

ALTER TABLE ONLY public.chat_response
    ADD CONSTRAINT chat_response_shard_key_turn_id_fkey FOREIGN KEY (shard_key, turn_id) REFERENCES public.chat_turn(shard_key, turn_id);

ALTER TABLE ONLY public.chat_turn
    ADD CONSTRAINT chat_turn_shard_key_chat_id_fkey FOREIGN KEY (shard_key, chat_id) REFERENCES public.chat(shard_key, chat_id);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(webhook_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.demographic_answer
    ADD CONSTRAINT demographic_answer_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.gold_judgment
    ADD CONSTRAINT gold_judgment_shard_key_lease_id_fkey FOREIGN KEY (shard_key, lease_id) REFERENCES public.gold_task(shard_key, lease_id);

ALTER TABLE ONLY public.gold_task
    ADD CONSTRAINT gold_task_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.guideline_read
    ADD CONSTRAINT guideline_read_shard_key_version_fkey FOREIGN KEY (shard_key, version) REFERENCES public.guideline(shard_key, version);

ALTER TABLE ONLY public.item_sealed
    ADD CONSTRAINT item_sealed_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.model_bytes
    ADD CONSTRAINT model_bytes_shard_key_model_id_fkey FOREIGN KEY (shard_key, model_id) REFERENCES public.model(shard_key, model_id);

ALTER TABLE ONLY public.notice_setting
    ADD CONSTRAINT notice_setting_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_shard_key_item_id_fkey FOREIGN KEY (shard_key, item_id) REFERENCES public.item(shard_key, item_id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_shard_key_conversation_id_fkey FOREIGN KEY (shard_key, conversation_id) REFERENCES public.conversation(shard_key, conversation_id);

ALTER TABLE ONLY public.statement_vote
    ADD CONSTRAINT statement_vote_shard_key_statement_id_fkey FOREIGN KEY (shard_key, statement_id) REFERENCES public.statement(shard_key, statement_id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(person_id);

GRANT USAGE ON SCHEMA public TO plenum_app;

REVOKE ALL ON FUNCTION public.admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer) TO plenum_app;

REVOKE ALL ON FUNCTION public.answers_at(who uuid, at integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.answers_at(who uuid, at integer) TO plenum_app;

GRANT ALL ON FUNCTION public.as_expected(expected jsonb, outcome text, answer jsonb, shown smallint[]) TO plenum_app;

REVOKE ALL ON FUNCTION public.change_setup(shard bigint, project uuid, expected integer, wanted integer, new_quotas jsonb, codes bytea[], limits bigint[], per_item bigint[], counted_in text, beyond bigint, OUT outcome text, OUT is_number_new boolean, OUT is_quota_new boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.change_setup(shard bigint, project uuid, expected integer, wanted integer, new_quotas jsonb, codes bytea[], limits bigint[], per_item bigint[], counted_in text, beyond bigint, OUT outcome text, OUT is_number_new boolean, OUT is_quota_new boolean) TO plenum_app;

REVOKE ALL ON FUNCTION public.clear_quota_cell(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.clear_quota_cell(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.end_submission(shard bigint, who uuid, becomes text, drops boolean, OUT state text, OUT is_dropped boolean, OUT n_leases integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_submission(shard bigint, who uuid, becomes text, drops boolean, OUT state text, OUT is_dropped boolean, OUT n_leases integer) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_chats(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_chats(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_gold(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_gold(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_guideline_reads(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_guideline_reads(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_participation(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_participation(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_person(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_person(who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_reports(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_reports(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_statements(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_statements(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_submission(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_submission(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.erase_words(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_words(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.give_back(shard bigint, who uuid, drops boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_back(shard bigint, who uuid, drops boolean) TO plenum_app;

REVOKE ALL ON FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_demographics(who uuid, answers bytea, consent text, OUT version integer, OUT given_at timestamp with time zone) TO plenum_app;

REVOKE ALL ON FUNCTION public.has_room(shard bigint, item uuid, slot integer, wanted integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.has_room(shard bigint, item uuid, slot integer, wanted integer) TO plenum_app;

REVOKE ALL ON FUNCTION public.leave_participation(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.leave_participation(shard bigint, who uuid) TO plenum_app;

REVOKE ALL ON FUNCTION public.n_judged_by(shard bigint, who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.n_judged_by(shard bigint, who uuid) TO plenum_app;

GRANT ALL ON FUNCTION public.order_on_screen(key bigint, slot integer, n_responses integer, is_pair boolean) TO plenum_app;

REVOKE ALL ON FUNCTION public.settle_submission(shard bigint, who uuid, nothing_left text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.settle_submission(shard bigint, who uuid, nothing_left text) TO plenum_app;

GRANT ALL ON FUNCTION public.sorted_ranks(ranking jsonb) TO plenum_app;

REVOKE ALL ON FUNCTION public.tally_start_over(shard bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tally_start_over(shard bigint) TO plenum_app;

REVOKE ALL ON FUNCTION public.withdraw_demographics(who uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.withdraw_demographics(who uuid) TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.amendment TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assignment TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.ballot TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.chat TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.chat_response TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.chat_turn TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.community TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.constitution TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.conversation TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.conversation_person TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.credential TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.delivery TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.demographic_answer TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.embedding TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.embedding_endpoint TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.endpoint TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.enrolment TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fit TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.gold_judgment TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.gold_task TO plenum_app;

GRANT UPDATE(state) ON TABLE public.gold_task TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.guideline TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.guideline_read TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitation TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.item TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.item_hidden TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.item_sealed TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.item_value TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.judgment TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_checkpoint TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_entry TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.log_node TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.log_outbox TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.model TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.model_bytes TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notice_setting TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.panel TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.participation TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.person TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project_counter TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.project_told TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.quota_count TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.refit TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.report TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.response TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.session TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.shown_figures TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.statement TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.statement_vote TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.submission TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_hour TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_item TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_moment TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_outcome TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_pattern TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_person TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_repeat TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_time TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tally_unit TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.token TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.weighing TO plenum_app;

GRANT SELECT,INSERT ON TABLE public.words TO plenum_app;

GRANT UPDATE(is_compared) ON TABLE public.words TO plenum_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.words_twin TO plenum_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worker TO plenum_app;

