-- Ratings in more than nine steps agree by interval too: of a unit the number of ratings, their sum and their squares are kept in
-- tally_unit.counts (of steps from the scale's low end), and over all units, by how often they were judged, what the alpha rests on.
alter table tally_unit alter column counts type bigint[];
create table tally_moment (
    shard_key bigint not null,
    measure text not null,                      -- rating.ID
    m bigint not null,                          -- ratings a unit has: two or more
    sums numeric[] not null,                    -- over units, of sum s and squares q: 1, s, q, ss, sq, qq, sss, ssq, ssss
    primary key (shard_key, measure, m)
);
grant select, insert, update on tally_moment to plenum_app;

create or replace function tally_start_over(shard bigint) returns void
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
    delete from tally_moment t where t.shard_key = shard;
    update tally t set snapshot = null, n_items = 0 where t.shard_key = shard;
    update judgment j set stored_xid = 0
    where j.shard_key = shard and j.stored_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
end
$$;
update tally set snapshot = null;
