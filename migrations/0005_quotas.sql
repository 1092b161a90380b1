-- How many are wanted of a kind. A kind (a cell) is a keyed code: the key lies outside the database, the code with a person
-- only until they take their answers back.

-- One row a cell of a study (item_id zero), or a cell and item where each item wants its own. What is taken is on lease or
-- judged; no more than what is wanted, whatever a statement does. Of cells counted in people, n_taken is people.
create table quota_count (
    shard_key bigint not null,
    item_id uuid not null,
    cell bytea not null check (length(cell) = 16),
    unit text not null check (unit in ('judgments', 'people')),
    n_wanted bigint,                            -- null: no limit here
    n_per_item bigint,                          -- of the study's row: as many of each item; null: no limit there
    n_taken bigint not null default 0,
    n_judged bigint not null default 0,
    primary key (shard_key, item_id, cell),
    check (n_taken >= 0 and (n_wanted is null or n_taken <= n_wanted)),
    check (n_judged >= 0 and n_judged <= n_taken)
) with (fillfactor = 80);
grant select, insert, update on quota_count to plenum_app;

-- Whose answers (their version) quota_cell was read from; several codes of 16 bytes where a study counts people.
alter table participation add column quota_version integer;
-- The cell that a slot is counted in, while it is on lease or judged.
alter table assignment add column quota_cell bytea;

-- Nothing says of a person any more which cell they are of. What they have on lease goes to the others; what they judged
-- stays counted. Each statement sees what was committed before it: an assignment made meanwhile waits for the first row.
create function clear_quota_cell(shard bigint, who uuid) returns void
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
    update participation p set quota_cell = null, quota_version = null
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

-- Gives a participant a place in each of `cells` (counted in people), and back what they had in others. False when one of
-- them is full: then they have no place anywhere.
create function admit_to_quota(shard bigint, participant uuid, answers_version integer, cells bytea[]) returns boolean
    language plpgsql set search_path = public, pg_temp
as $$
declare
    had bytea[];
    fits boolean;
    nowhere constant uuid := '00000000-0000-0000-0000-000000000000';
begin
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
        quota_version = case when fits then answers_version end
    where p.shard_key = shard and p.participant_id = participant;
    return fits;
end
$$;

create or replace function erase_participation(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
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

revoke all on function clear_quota_cell, admit_to_quota from public;
grant execute on function clear_quota_cell, admit_to_quota to plenum_app;
