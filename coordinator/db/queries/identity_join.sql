-- Uses invitation (shard $1, hash $2) for person $3, made when $4 says so. The row lock of the update makes max_uses
-- exact: who waits for it checks the count again. Who is in already uses nothing up. Of somebody new the answer $19
-- (sealed: it holds the token) is kept under the key $17 (null: no key) of actor $16; the same key again uses nothing up. $20: the conditions
-- of work that the person was shown.
with prior as (
    select request_hash, body from idempotency
    where shard_key = $1::bigint and actor = $16::uuid and key = $17::uuid
), already as (
    select participant_id, state from participation
    where shard_key = $1::bigint and person_id = $3::uuid and state <> 'left' and roles & $7::integer <> 0
), used as (
    update invitation set n_uses = n_uses + 1
    where shard_key = $1::bigint and code_hash = $2::bytea and revoked_at is null
        and (expires_at is null or expires_at > now()) and n_uses < max_uses
        and not exists (select from already) and not exists (select from prior)
    returning shard_key, invitation_id, kind, max_uses
), keyed as ( -- two at once: one of them fails here, and finds the other when it is sent again
    insert into idempotency (shard_key, actor, key, request_hash, status, body)
    select shard_key, $16::uuid, $17::uuid, $18::bytea, 201, $19::text from used where $17::uuid is not null
), made as (
    insert into person (person_id, kind) select $3::uuid, $5::text from used where $4::boolean returning person_id
), joined as (
    insert into participation (shard_key, participant_id, person_id, roles, consent_version, consent_hash,
        consented_at, invitation_id, has_standing, conditions)
    select shard_key, $6::uuid, $3::uuid, $7::integer, $8::text, $9::bytea,
        case when $8::text is not null then now() end, invitation_id,
        kind = 'member' and max_uses <= 1000 and $5::text <> 'simulated'
            and not exists (select from person where person_id = $3::uuid and kind = 'simulated'),
        $20::jsonb
    from used
    on conflict (shard_key, person_id) do update set roles = participation.roles | excluded.roles,
        state = case when participation.state = 'left' then 'active' else participation.state end,
        consent_version = excluded.consent_version, consent_hash = excluded.consent_hash,
        consented_at = excluded.consented_at, invitation_id = excluded.invitation_id,
        has_standing = participation.has_standing or excluded.has_standing, conditions = excluded.conditions
    returning participant_id, state
), counted as (
    insert into project_counter (shard_key, stripe, n_participants)
    select shard_key, $15::smallint, 1 from used where kind = 'annotator'
    on conflict (shard_key, stripe) do update
        set n_participants = project_counter.n_participants + excluded.n_participants
), who as (
    select participant_id, state from joined union all select participant_id, state from already
), tokened as ( -- good for whatever this person annotates or is a member of (ROLE_ANNOTATOR | ROLE_MEMBER)
    insert into token (token_id, secret_hash, person_id, name, roles, shard_key, expires_at)
    select $10::uuid, $11::bytea, $3::uuid, 'participant', 72, null, now() + make_interval(secs => $14::bigint)
    from who where state = 'active'
), opened as (
    insert into session (session_id, secret_hash, person_id, expires_at)
    select $12::uuid, $13::bytea, $3::uuid, now() + make_interval(secs => $14::bigint)
    from who where state = 'active' and $12::uuid is not null
)
select participant_id, state, null::boolean, null::text from who
union all
select null, null, request_hash = $18::bytea, body from prior
