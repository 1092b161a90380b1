-- Judgments that people gave twice, kept up as they come like the other figures of a study (0014), and not counted anew at each look.
alter table tally add column repeats pg_snapshot; -- of the last look at them; null: none yet
create table tally_repeat (
    shard_key bigint not null,
    measure text not null,                      -- choice, ranking, rating.ID
    sums numeric[] not null,                    -- six, as coordinator/db/queries/collect_tally_repeats.sql says
    primary key (shard_key, measure)
);
grant select, insert, update on tally_repeat to plenum_app;

-- Items that people are apart on, by ratings too: of numbers the squared difference of two people's, over that of the scale's ends.
-- pairs_apart is in thousandths of a pair from here on.
drop index tally_item_apart;
alter table tally_item drop column disagreement;
alter table tally_item add column disagreement real generated always as (case when pairs > 0 then (pairs_apart / 1000.0 / pairs)::real end) stored;
create index tally_item_apart on tally_item (shard_key, disagreement desc nulls last, pairs desc, item_id);

create index judgment_repeat on judgment (shard_key, item_id, participant_id) where n < 0;
create index item_expected on item (shard_key, item_id) where expected is not null and gold_role is null;

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
    delete from tally_repeat t where t.shard_key = shard;
    update tally t set snapshot = null, repeats = null, n_items = 0 where t.shard_key = shard;
    update judgment j set stored_xid = 0
    where j.shard_key = shard and j.stored_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
end
$$;
update tally set snapshot = null;
