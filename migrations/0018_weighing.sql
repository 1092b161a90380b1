-- Studies that draw by a model: what a judgment of each item would tell by the newest model of the study (reward/acquire.h),
-- and when that was last found out. An item without a value counts as much as the one that tells most.
create table item_value (
    shard_key bigint not null,
    item_id uuid not null,
    value real not null check (value >= 0),
    primary key (shard_key, item_id)
);
create table weighing (
    shard_key bigint primary key,
    strategy text not null,
    model_id uuid not null,
    n_items bigint not null,                    -- of the study, then
    n_valued bigint not null,
    max_value real not null,
    error text,                                 -- why the values are not of this model
    weighed_at timestamptz not null default now()
);
grant select, insert, update on item_value, weighing to plenum_app;
