-- Takes the judgment under lease $2 of participant $3 back, of a task that checks attention: a void revision $4 under key $5, request $6.
-- Answers the study's state, the task's role (no row: no such task of theirs), whether it is out again, and of the key whether
-- the request was the same.
with replay as materialized (
    select request_hash = $6::bytea as same from gold_judgment
    where shard_key = $1::bigint and participant_id = $3::uuid and idempotency_key = $5::uuid
), p as materialized (
    select state from project where shard_key = $1::bigint
), t as materialized (
    select role, state from gold_task where shard_key = $1::bigint and lease_id = $2::uuid and participant_id = $3::uuid for update
), void as (
    insert into gold_judgment (shard_key, lease_id, revision, judgment_id, participant_id, outcome, idempotency_key,
        request_hash, receipt)
    select $1::bigint, $2::uuid, (select max(revision) + 1 from gold_judgment where shard_key = $1::bigint and lease_id = $2::uuid),
        $4::uuid, $3::uuid, 'void', $5::uuid, $6::bytea, ''
    from t, p
    where t.role = 'attention' and t.state = 'judged' and p.state = 'open' and not exists (select from replay)
    on conflict do nothing
    returning lease_id
), back as (
    update gold_task g set state = 'leased' from void where g.shard_key = $1::bigint and g.lease_id = void.lease_id
    returning g.lease_id
)
select p.state, t.role, t.state = 'leased' or exists (select from back), (select same from replay) from p, t
