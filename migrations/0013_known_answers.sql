-- Items with a known answer ("gold"): to practise on, to qualify by, and to see whether who judges is with it. What is given out of
-- those with a role is extra: it takes no slot, counts in no cap, and no fit, agreement or coverage knows of it.

-- `expected`: what of `gold` answers are held against, by numbers of responses: {"choice": 0 | "tie" | "both_bad", "ranking", "ratings"}.
alter table item add column expected jsonb,
    add column gold_role text check (gold_role in ('practice', 'qualification', 'attention')),
    add column gold_place integer;              -- in what was imported together
create index item_gold on item (shard_key, gold_role, created_at, gold_place, item_id) where gold_role is not null;

-- What a person was given; theirs alone, so that it does not run out.
create table gold_task (
    shard_key bigint not null,
    lease_id uuid not null,
    participant_id uuid not null,
    item_id uuid not null,
    role text not null check (role in ('practice', 'qualification', 'attention')),
    try smallint not null check (try > 0),      -- to qualify; else 1
    state text not null default 'leased' check (state in ('leased', 'judged')),
    shown smallint[] not null,
    guideline_version integer not null,
    constitution_version integer,
    given_at timestamptz not null default now(),
    primary key (shard_key, lease_id),
    unique (shard_key, participant_id, item_id, try),
    foreign key (shard_key, item_id) references item (shard_key, item_id)
);

-- Append-only, as judgments are. as_expected null: it was no answer.
create table gold_judgment (
    shard_key bigint not null,
    lease_id uuid not null,
    revision integer not null check (revision > 0),
    judgment_id uuid not null,
    participant_id uuid not null,
    outcome text not null check (outcome in
        ('left', 'right', 'tie', 'both_bad', 'cannot_judge', 'skip', 'ranking', 'rating', 'void')),
    strength smallint check (strength between 1 and 4),
    answer jsonb not null default '{}',
    note_sealed bytea,
    as_expected boolean,
    active_ms integer,
    wall_ms integer,
    client jsonb,
    demographics_version integer,
    judged_at timestamptz not null default now(),
    idempotency_key uuid not null,
    request_hash bytea not null check (length(request_hash) = 32),
    receipt text not null,
    primary key (shard_key, lease_id, revision),
    unique (shard_key, participant_id, idempotency_key),
    foreign key (shard_key, lease_id) references gold_task (shard_key, lease_id)
);
grant select, insert on gold_task, gold_judgment to plenum_app;
grant update (state) on gold_task to plenum_app;

-- The groups of a ranking, each in order of number: who stands together stands in no order.
create function sorted_ranks(ranking jsonb) returns jsonb language sql immutable as $$
    select jsonb_agg((select jsonb_agg(x order by x) from jsonb_array_elements(g) x) order by place)
    from jsonb_array_elements(ranking) with ordinality u (g, place)
$$;

-- Is a judgment as expected? Null when it is none, or nothing is expected.
create function as_expected(expected jsonb, outcome text, answer jsonb, shown smallint[]) returns boolean
    language sql immutable as $$
    select case when expected is not null and outcome not in ('cannot_judge', 'skip', 'void') then
        (not expected ? 'choice' or expected->'choice' = case outcome when 'left' then to_jsonb(shown[1])
            when 'right' then to_jsonb(shown[2]) else to_jsonb(outcome) end)
        and (not expected ? 'ranking' or coalesce(sorted_ranks(answer->'ranking') = sorted_ranks(expected->'ranking'), false))
        and (not expected ? 'ratings' or coalesce(answer->'ratings' @> (expected->'ratings'), false)) end
$$;
grant execute on function sorted_ranks, as_expected to plenum_app;

-- As erase_participation does with judgments. What was given out and not answered goes.
create function erase_gold(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
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
revoke all on function erase_gold from public;
grant execute on function erase_gold to plenum_app;
