-- That a person has read a version of a study's guideline: said once a version, never taken back. When the person is erased the
-- time goes; what stays is what their judgments were made under.
create table guideline_read (
    shard_key bigint not null,
    participant_id uuid not null,
    version integer not null,
    read_at timestamptz default now(),
    primary key (shard_key, participant_id, version),
    foreign key (shard_key, version) references guideline (shard_key, version)
);
grant select, insert on guideline_read to plenum_app;

create function erase_guideline_reads(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    update guideline_read g set read_at = null
    from participation p
    where p.shard_key = shard and p.person_id = who and g.shard_key = shard and g.participant_id = p.participant_id;
end
$$;
revoke all on function erase_guideline_reads from public;
grant execute on function erase_guideline_reads to plenum_app;
