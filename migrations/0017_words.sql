-- What can be told of the words that people wrote, once they are sealed: whether they were typed, and who wrote nearly the same. Shingles
-- (three words each) are hashed under a key that is not in the database, so that nobody can guess words by them.
create table words (
    shard_key bigint not null,
    text_id uuid not null,                      -- the lease whose judgment has the rationale, or the turn of a chat
    revision integer not null,
    participant_id uuid not null,
    is_pasted boolean,                          -- null: too short, or nothing was told of it
    is_untyped boolean,
    shingles integer[] not null,                -- each once, in order; none: too short
    bands bigint[] not null,                    -- what has one of them in common is compared
    is_compared boolean not null default false,
    primary key (shard_key, text_id, revision)
);
create index words_new on words (shard_key) where not is_compared;
create index words_of on words (shard_key, participant_id);
create index words_band on words using gin (bands);

-- Of each text the nearest by another person, and the nearest by the same.
create table words_twin (
    shard_key bigint not null,
    text_id uuid not null,
    is_own boolean not null,
    revision integer not null,
    participant_id uuid not null,
    other_id uuid not null,
    other_revision integer not null,
    other_participant_id uuid not null,
    share real not null check (share > 0 and share <= 1), -- of the shingles of both together, those in both
    primary key (shard_key, text_id, is_own)
);
create index words_twin_of on words_twin (shard_key, participant_id);
create index words_twin_with on words_twin (shard_key, other_participant_id);
grant select, insert on words, words_twin to plenum_app;
grant update (is_compared) on words to plenum_app;
grant update on words_twin to plenum_app;

-- Why somebody is excluded, for who reads an export: the reason in words stays with the study.
alter table participation add column exclusion_code text check (exclusion_code in
    ('one_side', 'fast', 'pasted', 'untyped', 'twins', 'known_answers', 'same_person', 'asked_to', 'other'));
update participation set exclusion_code = 'other' where state = 'excluded';

create function erase_words(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
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
revoke all on function erase_words from public;
grant execute on function erase_words to plenum_app;
