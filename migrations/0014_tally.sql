-- Figures of a study, kept up as judgments come: each look adds what is new since the last, so that it costs what came, not what
-- there is. What is new is told by transactions: a row counts when the snapshot of now sees it and that of the last look did not.
-- The index knows ranges of pages, which an append-only table fills in order: judging pays eight bytes and no tree.
alter table judgment add column stored_xid bigint not null default 0;
alter table judgment alter column stored_xid set default pg_current_xact_id()::text::bigint;
create index judgment_stored on judgment using brin (stored_xid) with (pages_per_range = 16, autosummarize = on);

create table tally (
    shard_key bigint not null,
    snapshot pg_snapshot,                       -- of the last look; null: none yet
    n_items bigint not null default 0,          -- with a judgment
    primary key (shard_key)
);
create table tally_outcome (
    shard_key bigint not null,
    outcome text not null,
    n bigint not null,
    n_live bigint not null,                     -- given here
    primary key (shard_key, outcome)
);
-- Of judgments given here: how many took how long, to four digits.
create table tally_time (
    shard_key bigint not null,
    active_ms integer not null,
    n bigint not null,
    primary key (shard_key, active_ms)
);
-- Judgments given here, by the hour in which they were given.
create table tally_hour (
    shard_key bigint not null,
    hour timestamptz not null,
    n bigint not null,
    primary key (shard_key, hour)
);
create table tally_person (
    shard_key bigint not null,
    participant_id uuid not null,
    n bigint not null,                          -- judgments that are no skips
    n_skipped bigint not null,
    n_left bigint not null,                     -- of preferences given here: for what stood first, and second
    n_right bigint not null,
    active_ms bigint not null,                  -- in all
    last_at timestamptz,
    primary key (shard_key, participant_id)
);
create table tally_item (
    shard_key bigint not null,
    item_id uuid not null,
    n bigint not null,
    pairs bigint not null,                      -- of people who judged the same pair of its responses
    pairs_apart bigint not null,                -- and did not say the same
    disagreement real generated always as (case when pairs > 0 then pairs_apart::real / pairs end) stored,
    primary key (shard_key, item_id)
);
create index tally_item_apart on tally_item (shard_key, disagreement desc nulls last, pairs desc, item_id);
-- What was said of a pair of responses (a < b), or of a response or an item by itself (b = -1; a = -1: the item), by category.
create table tally_unit (
    shard_key bigint not null,
    item_id uuid not null,
    measure text not null,                      -- choice, strength, rating.ID
    a smallint not null,
    b smallint not null,
    counts integer[] not null,                  -- nine
    primary key (shard_key, item_id, measure, a, b)
);
-- How many units show the same counts: all that agreement needs.
create table tally_pattern (
    shard_key bigint not null,
    measure text not null,
    counts integer[] not null,
    times bigint not null,
    primary key (shard_key, measure, counts)
);

-- Excluding somebody is undone by the same hand: where they stood before, and since when they are out.
alter table participation add column excluded_from text check (excluded_from in ('active', 'left'));
alter table participation add column excluded_at timestamptz;

-- From the beginning again: after people were excluded or let in again, or when the data now lie in another cluster whose
-- transactions count from elsewhere. Then rows that came along are older than any from here on.
create function tally_start_over(shard bigint) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    delete from tally_outcome t where t.shard_key = shard;
    delete from tally_time t where t.shard_key = shard;
    delete from tally_hour t where t.shard_key = shard;
    delete from tally_person t where t.shard_key = shard;
    delete from tally_item t where t.shard_key = shard;
    delete from tally_unit t where t.shard_key = shard;
    delete from tally_pattern t where t.shard_key = shard;
    update tally t set snapshot = null, n_items = 0 where t.shard_key = shard;
    update judgment j set stored_xid = 0
    where j.shard_key = shard and j.stored_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
end
$$;
revoke all on function tally_start_over from public;
grant execute on function tally_start_over to plenum_app;
grant select, insert, update on tally, tally_outcome, tally_time, tally_hour, tally_person, tally_item, tally_unit, tally_pattern to plenum_app;
