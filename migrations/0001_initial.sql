-- The first schema. Which table is sharded, reference or local stands in schema/tables.txt; a test holds them to it.
-- `shard_key` is the project's or community's (its own key for ever) and leads every key of a sharded table.

-- ---------------------------------------------------------------- people (local)
create table person (
    person_id uuid primary key,
    kind text not null check (kind in ('bare', 'named', 'imported', 'simulated')),
    created_at timestamptz not null default now(),
    erased_at timestamptz
);

create table credential (
    person_id uuid primary key references person,
    name text not null unique check (length(name) between 1 and 64),
    passphrase_hash text not null,              -- argon2id
    recovery_hashes bytea[] not null default '{}',
    changed_at timestamptz not null default now()
);

create table session (
    session_id uuid primary key,
    secret_hash bytea not null unique check (length(secret_hash) = 32),
    person_id uuid not null references person,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index session_person on session (person_id);

-- Bearer tokens: the operator's, researchers' and services'. `shard_key` null: not bound to one project or community.
create table token (
    token_id uuid primary key,
    secret_hash bytea not null unique check (length(secret_hash) = 32),
    person_id uuid not null references person,
    name text not null,
    roles integer not null,
    shard_key bigint,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
create index token_person on token (person_id);

-- Sealed with the person's key, which lies outside the database. The latest version holds; `sealed` null: withdrawn.
create table demographic_answer (
    person_id uuid not null references person,
    version integer not null check (version > 0),
    sealed bytea,
    consent_version text not null,
    given_at timestamptz not null default now(),
    primary key (person_id, version)
);

-- ---------------------------------------------------------------- projects (sharded)
create table project (
    shard_key bigint not null,
    project_id uuid not null,
    name text not null check (length(name) between 1 and 200),
    state text not null default 'open' check (state in ('open', 'paused', 'closed')),
    settings jsonb not null,                    -- language, judgments_per_item, task, demographics, quotas, blind, consent
    -- What every assignment reads, apart from texts so long that they are stored out of line.
    task jsonb generated always as (settings->'task') stored,
    blind boolean generated always as (coalesce((settings->'blind')::boolean, true)) stored,
    judgments_per_item integer not null check (judgments_per_item between 1 and 1000),
    lease_seconds integer not null default 1800 check (lease_seconds between 1 and 604800),
    simulated boolean not null default false,
    guideline_version integer not null default 1,
    community_shard_key bigint,
    community_id uuid,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, project_id)
);
create unique index project_one_per_shard on project (shard_key);

create table guideline (
    shard_key bigint not null,
    version integer not null,
    text text not null,
    text_hash bytea not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, version)
);

-- Counters kept at commit time, in stripes so that threads do not wait for each other. Sums are the truth.
create table project_counter (
    shard_key bigint not null,
    stripe smallint not null,
    n_items bigint not null default 0,
    n_wanted bigint not null default 0,
    n_counted bigint not null default 0,        -- slots whose latest judgment counts
    n_participants bigint not null default 0,
    n_skipped bigint not null default 0,
    n_imported bigint not null default 0,       -- judgments that came with the data, beyond what is wanted here
    primary key (shard_key, stripe)
);

create table invitation (
    shard_key bigint not null,
    invitation_id uuid not null,
    code_hash bytea not null check (length(code_hash) = 32),
    kind text not null default 'annotator' check (kind in ('annotator', 'member')),
    max_uses integer not null check (max_uses between 1 and 1000000),
    n_uses integer not null default 0 check (n_uses between 0 and max_uses),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, invitation_id),
    unique (shard_key, code_hash)
);

-- A person in a project or a community, under the pseudonym participant_id.
create table participation (
    shard_key bigint not null,
    participant_id uuid not null,
    person_id uuid not null,
    roles integer not null,                     -- bits of enum role
    state text not null default 'active' check (state in ('active', 'excluded', 'left')),
    exclusion_reason text,
    source_id text,                             -- an imported annotator's id at its source
    consent_version text,
    consent_hash bytea,
    consented_at timestamptz,
    invitation_id uuid,
    has_standing boolean not null default false,
    quota_cell bytea,
    cursor_n smallint not null default 0,       -- where the search for the next slot goes on
    cursor_key bigint not null default -9223372036854775808,
    budget_until timestamptz,                   -- when the budget for amendments will be whole again
    joined_at timestamptz not null default now(),
    primary key (shard_key, participant_id),
    unique (shard_key, person_id)
) with (fillfactor = 80);                       -- the cursor moves with each assignment, within the page
create unique index participation_source on participation (shard_key, source_id) where source_id is not null;
create index participation_person on participation (person_id);

-- Immutable. A changed item is a new one that names the old.
create table item (
    shard_key bigint not null,
    item_id uuid not null,
    source_id text,
    replaces uuid,
    prompt jsonb not null,                      -- [{role, content}]
    n_responses smallint not null check (n_responses between 1 and 100),
    language text,
    tags text[] not null default '{}',
    gold jsonb,
    warning text,
    content_hash bytea not null check (length(content_hash) = 32),
    created_at timestamptz not null default now(),
    primary key (shard_key, item_id),
    unique (shard_key, source_id),
    unique (shard_key, content_hash)
);

create table response (
    shard_key bigint not null,
    item_id uuid not null,
    n smallint not null,                        -- 0 .. n_responses - 1
    source_id text,
    content text not null,
    model text,
    embedding bytea,                            -- float32, little-endian
    meta jsonb,
    primary key (shard_key, item_id, n),
    foreign key (shard_key, item_id) references item (shard_key, item_id)
);

-- One row a slot: an item that wants w judgments has slots 0 .. w-1, made one after the other (taking slot n opens n+1).
-- lease_id is new at each lease: the assignment's id on the wire, and the fence.
create table assignment (
    shard_key bigint not null,
    item_id uuid not null,
    n smallint not null check (n >= 0),
    state text not null default 'open' check (state in ('open', 'leased', 'judged')),
    order_key bigint not null,                  -- random, the same for all slots of an item
    n_responses smallint not null,
    lease_id uuid,
    participant_id uuid,
    leased_at timestamptz,
    expires_at timestamptz,
    shown smallint[],                           -- responses in the order on screen
    strategy text,
    probability real,
    guideline_version integer,
    constitution_version integer,
    primary key (shard_key, item_id, n),
    foreign key (shard_key, item_id) references item (shard_key, item_id),
    check ((state = 'open') = (lease_id is null)),
    check ((state = 'open') = (participant_id is null))
) with (fillfactor = 80);
create unique index assignment_lease on assignment (shard_key, lease_id) where lease_id is not null;
create unique index assignment_never_twice on assignment (shard_key, item_id, participant_id)
    where participant_id is not null;
-- The second halves of these conditions keep each index from being taken for the other's search.
create unique index assignment_one_lease on assignment (shard_key, participant_id)
    where state = 'leased' and participant_id is not null;
create index assignment_open on assignment (shard_key, n, order_key, item_id) where state = 'open';
create index assignment_expiry on assignment (shard_key, expires_at) where state = 'leased' and expires_at is not null;

-- Append-only: the latest revision of a lease counts, and a void one says that it was taken back.
create table judgment (
    shard_key bigint not null,
    lease_id uuid not null,
    revision integer not null check (revision > 0),
    judgment_id uuid not null,
    item_id uuid not null,
    n smallint not null,
    participant_id uuid not null,
    outcome text not null check (outcome in
        ('left', 'right', 'tie', 'both_bad', 'cannot_judge', 'skip', 'ranking', 'rating', 'void')),
    strength smallint check (strength between 1 and 4),
    answer jsonb not null default '{}',         -- ranking, ratings, labels, confidence: slots as responses' numbers
    note_sealed bytea,                          -- rationale and edit: free text under the person's key
    shown smallint[] not null,
    active_ms integer,
    wall_ms integer,
    client jsonb,
    guideline_version integer not null,
    constitution_version integer,
    demographics_version integer,
    source text not null default 'live',        -- or the import it came with
    judged_at timestamptz not null default now(),
    idempotency_key uuid not null,
    request_hash bytea not null check (length(request_hash) = 32),
    receipt text not null,
    primary key (shard_key, lease_id, revision),
    unique (shard_key, participant_id, idempotency_key)
);
create index judgment_item on judgment (shard_key, item_id, participant_id); -- has this person had this item?

-- ---------------------------------------------------------------- communities (sharded)
create table community (
    shard_key bigint not null,
    community_id uuid not null,
    name text not null check (length(name) between 1 and 200),
    settings jsonb not null,                    -- rules, budget, admission, visibility
    created_by uuid not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, community_id)
);
create unique index community_one_per_shard on community (shard_key);

-- The whole tree as canonical JSON, immutable, by hash.
create table constitution (
    shard_key bigint not null,
    version integer not null check (version > 0),
    document text not null,
    document_hash bytea not null check (length(document_hash) = 32),
    amendment_id uuid,
    created_at timestamptz not null default now(),
    primary key (shard_key, version)
);

create table amendment (
    shard_key bigint not null,
    amendment_id uuid not null,
    base_version integer not null,
    operations jsonb not null,
    rationale text not null,
    proposer uuid not null,                     -- participant_id
    state text not null check (state in ('open', 'adopted', 'rejected', 'withdrawn', 'review')),
    cost integer not null,
    rule jsonb not null,                        -- as it stood when the vote opened
    opens_at timestamptz not null,
    closes_at timestamptz not null,
    n_yes integer not null default 0,
    n_no integer not null default 0,
    n_abstain integer not null default 0,
    outcome jsonb,                              -- once decided: why, turnout, what other rules would have said
    balance integer not null,                   -- of the proposer's budget, as answered
    idempotency_key uuid not null,
    request_hash bytea not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, amendment_id),
    unique (shard_key, proposer, idempotency_key),
    foreign key (shard_key, base_version) references constitution (shard_key, version)
);
create index amendment_due on amendment (closes_at) where state = 'open';

create table ballot (
    shard_key bigint not null,
    amendment_id uuid not null,
    participant_id uuid not null,
    revision integer not null check (revision > 0),
    choice text not null check (choice in ('yes', 'no', 'abstain')),
    cast_at timestamptz not null default now(),
    demographics_version integer,
    idempotency_key uuid not null,
    request_hash bytea not null,
    receipt text not null,
    primary key (shard_key, amendment_id, participant_id, revision),
    unique (shard_key, participant_id, idempotency_key),
    foreign key (shard_key, amendment_id) references amendment (shard_key, amendment_id)
);

-- ---------------------------------------------------------------- learning
create table fit (
    shard_key bigint not null,
    fit_id uuid not null,
    method text not null,
    attribute text,
    options jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    progress jsonb not null default '{}',
    fence bigint not null default 0,            -- of the lease that works on it: only its result counts
    model_id uuid,
    error text,
    requested_by uuid not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (shard_key, fit_id)
);

-- The queue (local). A result counts once: lease and fence.
create table job (
    job_id uuid primary key,
    kind text not null,
    shard_key bigint not null,
    object_id uuid not null,                    -- the fit
    state text not null default 'queued' check (state in ('queued', 'leased', 'done', 'failed', 'cancelled')),
    fence bigint not null default 0,
    worker_id uuid,
    lease_expires_at timestamptz,
    attempts integer not null default 0,
    max_attempts integer not null default 5,
    snapshot_hash bytea,                        -- of the columns that this lease was sent
    error text,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (kind, object_id)
);
create index job_queue on job (created_at) where state in ('queued', 'leased');

create table model (
    shard_key bigint not null,
    model_id uuid not null,
    fit_id uuid not null,
    method text not null,
    artefact_hash bytea not null check (length(artefact_hash) = 32),
    size bigint not null,
    snapshot_hash bytea not null,               -- of the columns it was fitted on
    card jsonb not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, model_id),
    unique (shard_key, fit_id)
);

create table model_bytes (
    shard_key bigint not null,
    model_id uuid not null,
    chunk integer not null,
    bytes bytea not null,
    primary key (shard_key, model_id, chunk),
    foreign key (shard_key, model_id) references model (shard_key, model_id)
);

create table worker (
    worker_id uuid primary key,
    name text not null,
    certificate_hash bytea not null,
    enrolled_at timestamptz not null default now(),
    last_seen_at timestamptz,
    revoked_at timestamptz
);

create table enrolment (
    secret_hash bytea primary key check (length(secret_hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);

-- ---------------------------------------------------------------- datasets out (sharded)
create table export (
    shard_key bigint not null,
    export_id uuid not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    request jsonb not null,
    manifest jsonb,
    error text,
    requested_by uuid not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (shard_key, export_id)
);

-- ---------------------------------------------------------------- idempotency of the other writes, and the log
create table idempotency (
    shard_key bigint not null,
    actor uuid not null,
    key uuid not null,
    request_hash bytea not null check (length(request_hash) = 32),
    status smallint not null,
    body text not null,
    created_at timestamptz not null default now(),
    primary key (shard_key, actor, key)
);

-- Written in the transaction of the change it tells of; the sequencer takes from here what is committed.
create table log_outbox (
    shard_key bigint not null,
    entry_id uuid not null,
    entry text not null,                        -- canonical JSON: the leaf
    created_at timestamptz not null default now(),
    primary key (shard_key, entry_id)
);

create table log_entry (
    sequence bigint primary key check (sequence >= 0),
    entry_id uuid not null unique,
    entry text not null,
    leaf_hash bytea not null check (length(leaf_hash) = 32)
);
create index log_entry_leaf on log_entry (leaf_hash);

-- Hashes of complete subtrees of 256^level leaves, level 1 and above: what tiles and proofs are made of.
create table log_node (
    level smallint not null check (level between 1 and 7),
    n bigint not null check (n >= 0),
    hash bytea not null check (length(hash) = 32),
    primary key (level, n)
);

create table log_checkpoint (
    size bigint primary key,
    root_hash bytea not null check (length(root_hash) = 32),
    edge bytea not null,                        -- the hashes on the tree's right edge, to go on from here
    note text not null,                         -- the signed checkpoint
    created_at timestamptz not null default now()
);

-- ---------------------------------------------------------------- the application's role: the least it needs
do $$
begin
    if not exists (select from pg_roles where rolname = 'plenum_app') then
        create role plenum_app nologin;
    end if;
    execute format('grant plenum_app to %I', current_user);
end
$$;
grant usage on schema public to plenum_app;
grant select, insert, update, delete on person, credential, session, token, demographic_answer, participation, invitation,
    assignment, project, project_counter, community, amendment, fit, job, worker, enrolment, export, idempotency,
    log_outbox to plenum_app;
-- Append-only and immutable.
grant select, insert on guideline, item, response, judgment, ballot, constitution, model, model_bytes, log_entry,
    log_node, log_checkpoint to plenum_app;
