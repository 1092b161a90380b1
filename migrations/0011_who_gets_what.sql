-- Who gets what: the order on screen, tasks that come back with their sides swapped, and items that are drawn.

-- The responses of an item in the order on screen of its slot n: two of them for a pair, else all. It follows from the item's
-- secret key and the slot alone, so that whoever has the slot in the end, each pair stands as often one way as the other, as
-- nearly as counts allow: of the slots 0, 1, 2, 3 the first and last are turned one way and the others the other way.
-- Two responses: these. More, for a pair: all pairs in turn, by the circle method of round robins, which shows each response
-- as often as any other, as often left as right; then all of them turned. More, ranked or rated: the rows of a Williams
-- square (each response as often in each place and behind each other), each row and its reverse.
create function order_on_screen(key bigint, slot integer, n_responses integer, is_pair boolean) returns smallint[]
    language plpgsql immutable
as $$
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
grant execute on function order_on_screen to plenum_app;

-- A slot is given to one person once more by slot -2 - n, which no other can have: it is beyond what is wanted, and of like
-- parity, so that what it shows is the same but for the order. Who has it has judged slot n.
alter table assignment drop constraint assignment_n_check;
alter table assignment add constraint assignment_n_check check (n <> -1);
drop index assignment_never_twice;
create unique index assignment_never_twice on assignment (shard_key, item_id, participant_id)
    where participant_id is not null and n >= 0;
drop index assignment_open;
create index assignment_open on assignment (shard_key, n, order_key, item_id) where state = 'open' and n >= 0;
drop index assignment_expiry;
create index assignment_expiry on assignment (shard_key, expires_at)
    where state = 'leased' and expires_at is not null and n >= 0;

alter table project add column repeat_share double precision
    generated always as (coalesce((settings->'repeat_share')::double precision, 0)) stored;
-- In studies that repeat: how many tasks a person was given, how many of them repeats, and the how-manieth each was.
alter table participation add column n_given integer not null default 0, add column n_repeats integer not null default 0;
alter table assignment add column place integer;
create index assignment_repeatable on assignment (shard_key, participant_id, place)
    where state = 'judged' and place is not null;

-- Slots of studies that draw their items, in an order that says nothing.
alter table project add column strategy text generated always as (coalesce(settings->>'strategy', 'least_judged')) stored;
alter table assignment add column is_drawn boolean not null default false;
create index assignment_drawn on assignment (shard_key, order_key, item_id) where state = 'open' and n >= 0 and is_drawn;
