-- Conversations of a community: statements of its members, and their votes on them. Votes are appended, in one order a conversation
-- (seq), so that whoever reads them up to one sees the same; the latest of a person on a statement counts.
create table conversation (
    shard_key bigint not null,
    conversation_id uuid not null,
    title jsonb not null,                       -- text, or texts by language
    about jsonb,                                -- {"article": id} or {"amendment": id}; null: nothing by itself
    settings jsonb not null,
    state text not null default 'open' check (state in ('open', 'closed')),
    n_statements integer not null default 0,    -- numbers given out
    n_votes bigint not null default 0,          -- places given out
    n_people integer not null default 0,        -- who voted
    created_by uuid not null,                   -- person
    created_at timestamptz not null default now(),
    closes_at timestamptz,
    idempotency_key uuid not null,
    request_hash bytea not null,
    primary key (shard_key, conversation_id),
    unique (shard_key, created_by, idempotency_key)
);
create table statement (
    shard_key bigint not null,
    statement_id uuid not null,
    conversation_id uuid not null,
    n integer not null,                         -- from 1, in the order in which they came
    kind text not null check (kind in ('member', 'seed', 'meta')),
    words text,                                 -- the public copy: null while it is not shown, and when its author took it back
    sealed bytea,                               -- the author's own
    participant_id uuid,                        -- null: of those who run the conversation
    state text not null check (state in ('waiting', 'shown', 'rejected', 'merged')),
    reason text,                                -- why it is not shown
    merged_into uuid,
    appeal_sealed bytea,
    appealed_at timestamptz,
    decided_at timestamptz,
    extremity real not null default 0,          -- by the newest opinion fit: what is drawn next goes by it
    n_agree integer not null default 0,
    n_disagree integer not null default 0,
    n_pass integer not null default 0,
    created_at timestamptz not null default now(),
    idempotency_key uuid,
    request_hash bytea,
    primary key (shard_key, statement_id),
    unique (shard_key, conversation_id, n),
    unique (shard_key, participant_id, idempotency_key),
    foreign key (shard_key, conversation_id) references conversation (shard_key, conversation_id),
    check (kind <> 'member' or participant_id is not null)
);
create index statement_waiting on statement (shard_key, conversation_id, n) where state = 'waiting' or appealed_at is not null;
create table statement_vote (
    shard_key bigint not null,
    statement_id uuid not null,
    participant_id uuid not null,
    revision integer not null check (revision > 0),
    conversation_id uuid not null,
    seq bigint not null,
    choice text not null check (choice in ('agree', 'disagree', 'pass')),
    is_important boolean not null default false,
    probability real,                           -- with which the statement was drawn for them; null: they came to it otherwise
    demographics_version integer,
    voted_at timestamptz not null default now(),
    idempotency_key uuid not null,
    request_hash bytea not null,
    primary key (shard_key, statement_id, participant_id, revision),
    unique (shard_key, conversation_id, seq),
    unique (shard_key, participant_id, idempotency_key),
    foreign key (shard_key, statement_id) references statement (shard_key, statement_id)
);
create index statement_vote_person on statement_vote (shard_key, conversation_id, participant_id, statement_id);
-- Who is in a conversation: with how many votes, and the statement that was drawn for them last.
create table conversation_person (
    shard_key bigint not null,
    conversation_id uuid not null,
    participant_id uuid not null,
    n_voted integer not null default 0,         -- statements
    drawn uuid,
    probability real,
    primary key (shard_key, conversation_id, participant_id)
);
revoke update, delete on statement_vote from plenum_app;
grant select, insert on statement_vote to plenum_app;
grant select, insert, update on conversation, statement, conversation_person to plenum_app;

-- What somebody said here goes; that they said something, and how they voted, stays under the pseudonym.
create function erase_statements(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    update statement s set words = null, sealed = null, appeal_sealed = null, request_hash = decode(repeat('00', 32), 'hex')
    from participation p
    where p.shard_key = shard and p.person_id = who and s.shard_key = shard and s.participant_id = p.participant_id;
end
$$;
revoke all on function erase_statements from public;
grant execute on function erase_statements to plenum_app;
