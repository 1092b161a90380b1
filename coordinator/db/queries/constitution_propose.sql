-- Opens an amendment if nothing it was judged by has changed meanwhile: the proposer's budget ($15 then, $16 now), the
-- latest version ($3), the key. No row: read the facts again. The electorate is counted now, and with it the quorum.
with spent as (
    update participation set budget_until = 'epoch'::timestamptz + $16::bigint * interval '1 microsecond'
    where shard_key = $1::bigint and participant_id = $6::uuid and state = 'active'
        and budget_until is not distinct from 'epoch'::timestamptz + $15::bigint * interval '1 microsecond'
        and not exists (select from constitution k where k.shard_key = $1::bigint and k.version > $3::integer)
        and not exists (select from amendment a where a.shard_key = $1::bigint and a.proposer = $6::uuid
            and a.idempotency_key = $11::uuid)
    returning shard_key
), electorate as (
    select count(*) as n from participation
    where shard_key = $1::bigint and state = 'active' and has_standing and roles & 64 <> 0
), opened as (
    insert into amendment (shard_key, amendment_id, base_version, operations, rationale, proposer, state, cost,
        balance, rule, opens_at, closes_at, idempotency_key, request_hash)
    select s.shard_key, $2::uuid, $3::integer, $4::jsonb, $5::text, $6::uuid, 'open', $7::integer, $8::integer,
        $9::jsonb || jsonb_build_object('n_eligible', e.n, 'quorum', greatest(($9::jsonb->>'min_votes')::bigint,
            ceil(($9::jsonb->>'quorum_share')::numeric * e.n)::bigint)),
        now(), now() + make_interval(secs => $10::double precision), $11::uuid, $12::bytea
    from spent s, electorate e
    returning shard_key, closes_at, rule
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select shard_key, $13::uuid, $14::text from opened
), e as (
    insert into event (shard_key, event_id, kind, object_id, more)
    select shard_key, $17::uuid, 'amendment.state_changed', $2::uuid, '{"state": "open"}' from opened
)
select (extract(epoch from closes_at) * 1000000)::bigint, rule::text from opened
