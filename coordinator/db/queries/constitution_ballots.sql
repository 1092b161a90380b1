-- Votes, many in one commit. A key that is known answers what it answered; a new vote is the next revision of the
-- person's vote, and the amendment's counters move by the difference to the one before. Whether the amendment is still
-- open is asked of its row under its lock: nothing is stored for one that closed while this waited. Two statements that
-- revise the same vote at once collide on ballot's primary key; the later is undone whole, counters too, and sent again.
with input as (
    select ord, shard_key::bigint, amendment_id::uuid, participant_id::uuid, choice, demographics_version::integer,
        idempotency_key::uuid, request_hash::bytea, receipt, entry_id::uuid, entry
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[]) with ordinality as t (shard_key, amendment_id, participant_id, choice,
        demographics_version, idempotency_key, request_hash, receipt, entry_id, entry, ord)
), known as (
    select i.ord, b.request_hash, b.amendment_id, b.receipt
    from input i
    join ballot b on b.shard_key = i.shard_key and b.participant_id = i.participant_id
        and b.idempotency_key = i.idempotency_key
    union all -- the key of a proposal of theirs: another request
    select i.ord, null, null, null
    from input i
    join amendment a on a.shard_key = i.shard_key and a.proposer = i.participant_id
        and a.idempotency_key = i.idempotency_key
), fresh as (
    select distinct on (shard_key, participant_id, idempotency_key) *
    from input i where not exists (select from known k where k.ord = i.ord)
    order by shard_key, participant_id, idempotency_key, ord
), eligible as (
    select f.*, row_number() over voter as nth, lead(f.ord) over voter is null as is_last
    from fresh f
    join amendment a on a.shard_key = f.shard_key and a.amendment_id = f.amendment_id
    join participation p on p.shard_key = f.shard_key and p.participant_id = f.participant_id
    where a.state = 'open' and a.closes_at > now() and p.state = 'active' and p.has_standing and p.roles & 64 <> 0
        and (a.rule->>'electorate' = 'until_close' or p.joined_at <= a.opens_at)
    window voter as (partition by f.shard_key, f.amendment_id, f.participant_id order by f.ord)
), numbered as (
    select e.*, coalesce(b.revision, 0) + e.nth as revision, b.choice as before
    from eligible e
    left join lateral (
        select revision, choice from ballot
        where shard_key = e.shard_key and amendment_id = e.amendment_id and participant_id = e.participant_id
        order by revision desc limit 1
    ) b on true
), change as (
    select shard_key, amendment_id,
        sum((choice = 'yes')::integer - coalesce((before = 'yes')::integer, 0)) as yes,
        sum((choice = 'no')::integer - coalesce((before = 'no')::integer, 0)) as no,
        sum((choice = 'abstain')::integer - coalesce((before = 'abstain')::integer, 0)) as abstain
    from numbered where is_last group by shard_key, amendment_id
), counted as (
    update amendment a
    set n_yes = a.n_yes + c.yes, n_no = a.n_no + c.no, n_abstain = a.n_abstain + c.abstain
    from change c
    where a.shard_key = c.shard_key and a.amendment_id = c.amendment_id and a.state = 'open' and a.closes_at > now()
    returning a.shard_key, a.amendment_id
), stored as (
    insert into ballot (shard_key, amendment_id, participant_id, revision, choice, demographics_version,
        idempotency_key, request_hash, receipt)
    select n.shard_key, n.amendment_id, n.participant_id, n.revision, n.choice, n.demographics_version,
        n.idempotency_key, n.request_hash, n.receipt
    from numbered n join counted c on c.shard_key = n.shard_key and c.amendment_id = n.amendment_id
    returning shard_key, participant_id, amendment_id, idempotency_key, request_hash, receipt
), logged as (
    insert into log_outbox (shard_key, entry_id, entry)
    select n.shard_key, n.entry_id, n.entry
    from numbered n join counted c on c.shard_key = n.shard_key and c.amendment_id = n.amendment_id
)
select i.ord,
    case
        when k.ord is not null then case when k.request_hash = i.request_hash and k.amendment_id = i.amendment_id
            then 'ok' else 'mismatch' end
        when s.receipt is not null then case when s.request_hash = i.request_hash and s.amendment_id = i.amendment_id
            then 'ok' else 'mismatch' end
        when a.amendment_id is null then 'absent'
        when a.state <> 'open' or a.closes_at <= now() then 'closed'
        else 'not_eligible'
    end,
    coalesce(k.receipt, s.receipt)
from input i
left join known k on k.ord = i.ord
left join stored s on s.shard_key = i.shard_key and s.participant_id = i.participant_id
    and s.idempotency_key = i.idempotency_key
left join amendment a on a.shard_key = i.shard_key and a.amendment_id = i.amendment_id
order by i.ord
