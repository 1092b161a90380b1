-- What a researcher changes after the study began: how many judgments its items want, and its quotas. `setup` counts these
-- changes. Who gives out work holds the study's row (for key share) and a change has it alone, so that nothing is
-- given out by what no longer holds.
alter table project add column setup integer not null default 1,
    add column n_beyond bigint not null default 0, -- judged beyond what an item wants, for fewer came to be wanted: counted as wanted
    add column most_per_item integer;              -- as many as were ever wanted; null: as now
-- By which setup the cell of a person was found; another one: it is found again.
alter table participation add column quota_setup integer;
update participation set quota_setup = 1 where quota_cell is not null;

-- A cell that comes to want fewer than it has keeps what it has, and gets no more.
alter table quota_count add column n_given bigint not null default 0;
alter table quota_count drop constraint quota_count_check;
alter table quota_count add constraint quota_count_check
    check (n_taken >= 0 and (n_wanted is null or n_taken <= greatest(n_wanted, n_given)));

-- Taking a slot opens the next, whether or not the item wants it: how many are given is asked when one is given. So to want more or
-- fewer is to write one row. Those that no item wanted until now were never opened.
insert into assignment (shard_key, item_id, n, order_key, n_responses, is_drawn)
select a.shard_key, a.item_id, a.n + 1, a.order_key, a.n_responses, a.is_drawn
from assignment a
join project p on p.shard_key = a.shard_key and p.task->'chat' is null
where a.n >= 0 and a.state <> 'open'
on conflict (shard_key, item_id, n) do nothing;
drop index assignment_drawn;
create index assignment_drawn on assignment (shard_key, order_key, item_id, n) where state = 'open' and n >= 0 and is_drawn;

-- The statement saw a study that has changed since: it is run again (the code says so), and sees it as it is.
create function try_again() returns integer
    language plpgsql
as $$
begin
    raise exception 'the study has just changed' using errcode = 'serialization_failure';
end
$$;

-- May slot `slot` of an item be given out that has slots taken beyond what is wanted, as after fewer came to be? Not when the others that
-- are taken are as many as are wanted. The open ones are held, so that nobody takes one meanwhile; when somebody does, no.
create function has_room(shard bigint, item uuid, slot integer, wanted integer) returns boolean
    language plpgsql
as $$
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

-- The study wants `wanted` judgments of each item and these quotas, if it is still as it was at `expected`: 'changed', 'same', 'moved'
-- (it is not), 'closed'; null: there is none. `codes`: of the cells, with their limits. `beyond`: judged beyond that already, if the number is new.
create function change_setup(shard bigint, project uuid, expected integer, wanted integer, new_quotas jsonb, codes bytea[],
    limits bigint[], per_item bigint[], counted_in text, beyond bigint, out outcome text, out is_number_new boolean, out is_quota_new boolean)
    language plpgsql set search_path = public, pg_temp
as $$
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

-- As before, but only by the quotas as they are; null when they are not those of `found_by` any more.
drop function admit_to_quota;
create function admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer)
    returns boolean
    language plpgsql set search_path = public, pg_temp
as $$
declare
    had bytea[];
    fits boolean;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
    perform from project p where p.shard_key = shard and p.setup = found_by for key share;
    if not found then
        return null;
    end if;
    select coalesce((select array_agg(substring(p.quota_cell from 16 * i + 1 for 16))
            from generate_series(0, length(p.quota_cell) / 16 - 1) i), '{}') into had
    from participation p where p.shard_key = shard and p.participant_id = participant and p.state = 'active'
    for no key update;
    if not found then
        return false;
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
        quota_version = case when fits then answers_version end, quota_setup = found_by
    where p.shard_key = shard and p.participant_id = participant;
    return fits;
end
$$;

grant update on item_hidden to plenum_app;
revoke all on function has_room, change_setup, admit_to_quota from public;
grant execute on function has_room, change_setup, admit_to_quota to plenum_app;
