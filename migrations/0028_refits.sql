-- Refits: a fit may begin from a model of the same study, and a study may have its models fitted again as judgments come.

alter table fit add column predecessor_id uuid;         -- the model it begins from
alter table fit add column seen pg_snapshot;            -- what it read: judgments that this does not see came later
alter table fit add column n_counted bigint;            -- judgments that there were when it was asked for

-- One schedule a method of a study.
create table refit (
    shard_key bigint not null,
    method text not null check (method in ('pooled', 'group', 'dro', 'maxmin', 'jury')),
    project_id uuid not null,
    attribute text,
    options jsonb not null default '{}',
    share real not null check (share >= 0.01 and share <= 10),          -- of the judgments that the last fit had: so many more
    least_s integer not null check (least_s between 60 and 31536000),   -- and not sooner after the last
    set_by uuid not null,
    set_at timestamptz not null default now(),
    primary key (shard_key, method)
);
grant select, insert, update, delete on refit to plenum_app;
