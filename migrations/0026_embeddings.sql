-- Embeddings from an OpenAI-compatible endpoint. Who runs a study names one; the coordinator asks it for every response of the
-- study that is not sealed with a person's key, and keeps what it says by the content's hash, so that a text is asked for once.

-- The one of a study; another is a new row in its place. `space` is the SHA-256 of url, model and dimensions: vectors of two spaces
-- are never used together. What follows `state` is how far the coordinator has come.
create table embedding_endpoint (
    shard_key bigint primary key,
    endpoint_id uuid not null,                  -- new with each change: what an earlier one was asked for doesn't count
    url text not null,
    model text not null check (length(model) between 1 and 200),
    dimensions integer check (dimensions between 1 and 8192),
    space bytea not null check (length(space) = 32),
    key_sealed text,                            -- with a key outside the database
    created_by uuid not null,
    created_at timestamptz not null default now(),
    n_dimensions integer check (n_dimensions between 1 and 8192), -- of what it has answered; null: nothing yet
    state text not null default 'filling' check (state in ('filling', 'whole', 'stopped')),
    n_items bigint not null default 0,          -- of the study, when the pass over its responses began
    after_item uuid not null default '00000000-0000-0000-0000-000000000000', -- where the pass stands
    after_n smallint not null default 0,
    pass_embedded bigint not null default 0,
    pass_sealed bigint not null default 0,
    n_embedded bigint not null default 0,       -- as shown: of this pass, or of an earlier one that came further
    n_sealed bigint not null default 0,
    looked_at timestamptz not null default now(), -- the end of the last pass
    n_failures integer not null default 0,      -- since something came of it
    error jsonb,                                -- {"kind", "status", "detail"}
    failed_at timestamptz,
    next_at timestamptz not null default now(),
    lease uuid,                                 -- of the coordinator that asks just now
    lease_until timestamptz
);

-- Immutable, as responses are.
create table embedding (
    shard_key bigint not null,
    space bytea not null check (length(space) = 32),
    text_hash bytea not null check (length(text_hash) = 32), -- SHA-256 of the text
    embedding bytea not null,                   -- float32, little-endian
    primary key (shard_key, space, text_hash)
);

-- What a fit's data said of embeddings, told to the worker's card ({"embeddings": ...}).
alter table job add column about jsonb;

grant select, insert, update, delete on embedding_endpoint to plenum_app;
grant select, insert on embedding to plenum_app;
