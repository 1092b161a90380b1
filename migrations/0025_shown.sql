-- What people say of themselves counts as it was when they worked, and figures of groups tell of nobody by how they change.

-- The answers (sealed) that hold for what `who` did while `at` was the latest version of them; who had given none then, or has taken
-- those back since, is known by what they said next.
create function answers_at(who uuid, at integer) returns bytea language sql stable set search_path = public, pg_temp
as $$
    select d.sealed from demographic_answer d
    where d.person_id = who and d.version >= coalesce(at, 0) and d.sealed is not null
    order by d.version limit 1
$$;

-- Figures of groups as they were last shown, until ten people more, or fewer, make up others: `what` says which.
create table shown_figures (
    shard_key bigint not null,
    what text not null check (length(what) between 1 and 500),
    n_people bigint not null check (n_people >= 10),
    body jsonb not null,
    shown_at timestamptz not null default now(),
    primary key (shard_key, what)
);
grant select, insert, update on shown_figures to plenum_app;

-- As before, but it stays written by which answers somebody was counted: with others they are not counted again.
create or replace function clear_quota_cell(shard bigint, who uuid) returns void
    language plpgsql set search_path = public, pg_temp
as $$
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

-- As before, and who finds no place is written down with the answers by which there was none; null also when others count already.
create or replace function admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[], found_by integer)
    returns boolean
    language plpgsql set search_path = public, pg_temp
as $$
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

revoke all on function answers_at from public;
grant execute on function answers_at to plenum_app;
