-- Somebody comes to $1 by the invitation $2 under an id of a panel (its code $5). Who is known has their participation, whatever has become of
-- the invitation; else, with the id sealed ($6; null: it is only looked for who is known), person $3 of kind $16 is made and takes part
-- as $4, which uses the invitation up. Of two at once one fails at the code's index, and finds the other when it is sent
-- again. Who may go on gets a token and a session ($10 to $14).
with known as (
    select s.participant_id, m.person_id, s.state, m.state as standing
    from submission s join participation m on m.shard_key = s.shard_key and m.participant_id = s.participant_id
    where s.shard_key = $1::bigint and s.external_code = $5::bytea
), used as (
    update invitation set n_uses = n_uses + 1
    where shard_key = $1::bigint and code_hash = $2::bytea and kind = 'annotator' and revoked_at is null
        and (expires_at is null or expires_at > now()) and n_uses < max_uses
        and $6::bytea is not null and not exists (select from known)
    returning shard_key, invitation_id
), made as (
    insert into person (person_id, kind) select $3::uuid, $16::text from used
), joined as (
    insert into participation (shard_key, participant_id, person_id, roles, consent_version, consent_hash,
        consented_at, invitation_id, conditions)
    select shard_key, $4::uuid, $3::uuid, 8, $7::text, $8::bytea, case when $7::text is not null then now() end, -- ROLE_ANNOTATOR
        invitation_id, $9::jsonb
    from used
), claimed as (
    insert into submission (shard_key, participant_id, external_code, external_sealed, due_at)
    select u.shard_key, $4::uuid, $5::bytea, $6::bytea, now() + make_interval(mins => (n.settings->>'minutes')::integer)
    from used u join panel n on n.shard_key = u.shard_key
), counted as (
    insert into project_counter (shard_key, stripe, n_participants)
    select shard_key, $15::smallint, 1 from used
    on conflict (shard_key, stripe) do update set n_participants = project_counter.n_participants + excluded.n_participants
), back as (
    update participation m set state = 'active'
    from known k where m.shard_key = $1::bigint and m.participant_id = k.participant_id and m.state = 'left'
        and k.state not in ('returned', 'timed_out')
), who as (
    select participant_id, person_id, state, standing from known
    union all
    select $4::uuid, $3::uuid, 'started', 'active' from used
), tokened as ( -- ROLE_ANNOTATOR | ROLE_MEMBER
    insert into token (token_id, secret_hash, person_id, name, roles, shard_key, expires_at)
    select $10::uuid, $11::bytea, person_id, 'participant', 72, null, now() + make_interval(secs => $14::bigint)
    from who where state not in ('returned', 'timed_out') and standing <> 'excluded'
), opened as (
    insert into session (session_id, secret_hash, person_id, expires_at)
    select $12::uuid, $13::bytea, person_id, now() + make_interval(secs => $14::bigint)
    from who where state not in ('returned', 'timed_out') and standing <> 'excluded'
)
select participant_id, state, standing = 'excluded' from who
