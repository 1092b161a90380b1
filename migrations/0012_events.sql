-- What happened, for those who want to be told. An event is written in the statement of what it tells of; it names things by
-- their ids, never a person or what somebody answered. It is the source of webhooks and of
-- what people are told here.
create table event (
    shard_key bigint not null,
    event_id uuid not null,
    kind text not null,
    object_id uuid not null,                    -- the study, fit, export or amendment
    more jsonb not null default '{}',           -- what else is said: {"state": "paused"}
    happened_at timestamptz not null default now(),
    is_spread boolean not null default false,   -- its deliveries stand
    primary key (shard_key, event_id)
);
create index event_unspread on event (happened_at) where not is_spread;
create index event_old on event (happened_at);

-- What was last told of a study's counters: too many judgments are made for an event each.
create table project_told (
    shard_key bigint primary key,
    n_judgments bigint not null default 0,
    is_complete boolean not null default false,
    told_at timestamptz not null default '-infinity'
);

-- An address of somebody's that is told of a study (shard 0: of the whole installation). Secrets are sealed with a key
-- outside the database; the old one signs too, until then.
create table webhook (
    webhook_id uuid primary key,
    shard_key bigint not null,
    url text not null,
    kinds text[] not null,
    secret_sealed text not null,
    old_secret_sealed text,
    old_until timestamptz,
    state text not null default 'on' check (state in ('on', 'off')),
    off_reason text check (off_reason in ('switched_off', 'gone', 'failing')),
    failing_since timestamptz,                  -- nothing has arrived since then, and something has failed
    created_by uuid not null,
    created_at timestamptz not null default now(),
    check ((state = 'off') = (off_reason is not null))
);
create index webhook_shard on webhook (shard_key);

-- An event for one webhook. Who sends it has it until next_at, then it is anybody's again.
create table delivery (
    webhook_id uuid not null references webhook on delete cascade,
    event_id uuid not null,
    shard_key bigint not null,                  -- the event's
    kind text not null,
    object_id uuid not null,
    more jsonb not null,
    happened_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'sending', 'delivered', 'failed')),
    tries integer not null default 0,           -- the fence, too
    next_at timestamptz not null default now(),
    tried_at timestamptz,
    status smallint,                            -- of HTTP, the last time
    error text,                                 -- why there was none
    primary key (webhook_id, event_id)
);
create index delivery_due on delivery (webhook_id, next_at) where state in ('waiting', 'sending');
create index delivery_old on delivery (happened_at);

grant select, insert, update, delete on event, project_told, webhook, delivery to plenum_app;

-- Somebody says that something should not be here. Their own words are sealed with their key; who decides knows them by their
-- pseudonym. Once a person and thing; a decision is on the thing, and answers all reports of it.
create table report (
    shard_key bigint not null,
    report_id uuid not null,
    object_kind text not null check (object_kind in ('item', 'amendment')),
    object_id uuid not null,
    participant_id uuid not null,
    reason text not null check (reason in
        ('hate', 'harassment', 'violence', 'sexual', 'self_harm', 'privacy', 'spam', 'other')),
    words_sealed bytea,
    state text not null default 'open' check (state in ('open', 'dismissed', 'upheld')),
    decision text,                              -- why, for the person who reported
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    primary key (shard_key, report_id),
    unique (shard_key, object_id, participant_id),
    check ((state = 'open') = (decided_at is null))
);
create index report_participant on report (shard_key, participant_id);

-- Items that are given to nobody any more, and how many judgments are wanted the fewer for it.
create table item_hidden (
    shard_key bigint not null,
    item_id uuid not null,
    n_unwanted bigint not null,
    primary key (shard_key, item_id)
);

-- The words' key is gone with the person's others; what was sealed with it goes too.
create function erase_reports(shard bigint, who uuid) returns void
    language plpgsql set search_path = public, pg_temp
as $$
begin
    update report r set words_sealed = null
    from participation p
    where p.shard_key = shard and p.person_id = who and r.shard_key = shard and r.participant_id = p.participant_id;
end
$$;
revoke all on function erase_reports from public;
grant execute on function erase_reports to plenum_app;

grant select, insert, update on report to plenum_app;
grant select, insert, delete on item_hidden to plenum_app;

-- What a person does not want to be told of, and until when they have read what they were told. What they are told is read from
-- the events of where they take part.
create table notice_setting (
    person_id uuid primary key references person,
    off text[] not null default '{}',           -- of study, amendment, report
    seen_until timestamptz not null default '-infinity'
);
create index event_notice on event (shard_key, happened_at)
    where kind in ('project.state_changed', 'amendment.state_changed', 'report.decided');
grant select, insert, update, delete on notice_setting to plenum_app;
