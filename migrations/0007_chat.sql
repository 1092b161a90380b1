-- Live chat: a person writes, models answer, the person chooses and goes on. What was written and what was answered is sealed
-- with the person's key; what stands open is which model said it, how, and how fast. A turn whose answers are all whole is
-- an item too (item_id = turn_id) with a slot of its own, leased to the person, so that judgments, fits and exports know no
-- difference; its words lie in item_sealed, and the item's own columns are empty.

-- A place that answers. The key is sealed with a key outside the database; `parameters` go into every request.
create table endpoint (
    shard_key bigint not null,
    endpoint_id uuid not null,
    name text not null check (length(name) between 1 and 100),
    url text not null,
    model text not null check (length(model) between 1 and 200),
    parameters jsonb not null default '{}',
    key_sealed text,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    removed_at timestamptz,                     -- what it answered still names it
    primary key (shard_key, endpoint_id)
);

create table chat (
    shard_key bigint not null,
    chat_id uuid not null,
    participant_id uuid not null,
    state text not null default 'open' check (state in ('open', 'ended')),
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (shard_key, chat_id)
);
-- One at a time.
create unique index chat_one_open on chat (shard_key, participant_id) where state = 'open';

create table chat_turn (
    shard_key bigint not null,
    chat_id uuid not null,
    turn smallint not null check (turn >= 0),
    turn_id uuid not null,                      -- of the item that it becomes, too
    participant_id uuid not null,
    goes_on smallint,                           -- with which response of the turn before; null: the first
    message_sealed bytea not null,
    endpoints uuid[] not null,                  -- who answers, by the response's number
    shown smallint[] not null,                  -- the responses in the order on screen
    constitution_version integer,
    created_at timestamptz not null default now(),
    idempotency_key uuid not null,
    request_hash bytea not null check (length(request_hash) = 32),
    primary key (shard_key, chat_id, turn),
    unique (shard_key, turn_id),
    unique (shard_key, participant_id, idempotency_key),
    foreign key (shard_key, chat_id) references chat (shard_key, chat_id)
);

-- What became of each call. All are by machines, for ever.
create table chat_response (
    shard_key bigint not null,
    turn_id uuid not null,
    n smallint not null check (n >= 0),
    attempt smallint not null check (attempt >= 0),
    endpoint_id uuid not null,
    model text not null,
    parameters jsonb not null,
    state text not null check (state in
        ('whole', 'cut', 'empty', 'late', 'busy', 'refused', 'unreachable', 'not_understood')),
    content_sealed bytea,
    status smallint,                            -- of HTTP
    tries smallint not null,
    first_token_ms integer,
    whole_ms integer not null,
    finish_reason text not null,
    ended_at timestamptz not null default now(),
    primary key (shard_key, turn_id, n, attempt),
    foreign key (shard_key, turn_id) references chat_turn (shard_key, turn_id),
    check ((state in ('whole', 'cut')) = (content_sealed is not null))
);
create unique index chat_response_whole on chat_response (shard_key, turn_id, n) where state = 'whole';

-- {"prompt": [...], "responses": [content]} with the key of who wrote.
create table item_sealed (
    shard_key bigint not null,
    item_id uuid not null,
    person_id uuid not null,
    sealed bytea not null,
    primary key (shard_key, item_id),
    foreign key (shard_key, item_id) references item (shard_key, item_id)
);

-- What an erased person wrote can't be guessed by its hash either. Their key is gone, and with it the words.
create function erase_chats(shard bigint, who uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $$
begin
    update chat_turn t set request_hash = decode(repeat('00', 32), 'hex')
    from participation p
    where p.shard_key = shard and p.person_id = who and t.shard_key = shard and t.participant_id = p.participant_id;
    update chat c set state = 'ended', ended_at = coalesce(c.ended_at, now())
    from participation p
    where p.shard_key = shard and p.person_id = who and c.shard_key = shard and c.participant_id = p.participant_id
        and c.state = 'open';
end
$$;
revoke all on function erase_chats from public;
grant execute on function erase_chats to plenum_app;

grant select, insert, update on endpoint, chat to plenum_app;
grant select, insert on chat_turn, chat_response, item_sealed to plenum_app;
