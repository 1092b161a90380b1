-- Votes on statements, many in one commit, as constitution_ballots.sql has it: a key that is known answers what it answered; a new vote is
-- the next revision of the person's vote, and the statement's counters move by the difference to the one before. The conversations are
-- held in one order first, and each vote gets the next place in its own (seq). Two statements that revise the same vote at once collide
-- on the primary key; the later is undone whole and sent again.
with input as materialized (
    select ord, a::bigint as shard_key, b::uuid as statement_id, c::uuid as participant_id, d as choice, e::boolean as is_important,
        f::integer as demographics_version, g::uuid as idempotency_key, h::bytea as request_hash
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
        with ordinality as u (a, b, c, d, e, f, g, h, ord)
), known as (
    select i.ord, v.request_hash, v.statement_id, v.revision
    from input i
    join statement_vote v on v.shard_key = i.shard_key and v.participant_id = i.participant_id and v.idempotency_key = i.idempotency_key
), fresh as (
    select distinct on (shard_key, participant_id, idempotency_key) *
    from input i where not exists (select from known k where k.ord = i.ord)
    order by shard_key, participant_id, idempotency_key, ord
), able as materialized (
    select f.*, s.conversation_id, row_number() over voter as nth, lead(f.ord) over voter is null as is_last
    from fresh f
    join statement s on s.shard_key = f.shard_key and s.statement_id = f.statement_id and s.state = 'shown'
    join participation p on p.shard_key = f.shard_key and p.participant_id = f.participant_id
    where p.state = 'active' and p.has_standing and p.roles & 64 <> 0
    window voter as (partition by f.shard_key, f.statement_id, f.participant_id order by f.ord)
), held as materialized (
    select c.shard_key, c.conversation_id, c.n_votes
    from conversation c
    where (c.shard_key, c.conversation_id) in (select shard_key, conversation_id from able)
        and c.state = 'open' and (c.closes_at is null or c.closes_at > now())
    order by c.shard_key, c.conversation_id for update
), numbered as materialized (
    select a.*, coalesce(b.revision, 0) + a.nth as revision, b.choice as before,
        h.n_votes + row_number() over (partition by a.shard_key, a.conversation_id order by a.ord) as seq,
        case when q.drawn = a.statement_id then q.probability end as probability
    from able a
    join held h on h.shard_key = a.shard_key and h.conversation_id = a.conversation_id
    left join lateral (
        select revision, choice from statement_vote v
        where v.shard_key = a.shard_key and v.statement_id = a.statement_id and v.participant_id = a.participant_id
        order by v.revision desc limit 1
    ) b on true
    left join conversation_person q on q.shard_key = a.shard_key and q.conversation_id = a.conversation_id and q.participant_id = a.participant_id
), stored as (
    insert into statement_vote (shard_key, statement_id, participant_id, revision, conversation_id, seq, choice, is_important, probability,
        demographics_version, idempotency_key, request_hash)
    select shard_key, statement_id, participant_id, revision, conversation_id, seq, choice, is_important, probability,
        demographics_version, idempotency_key, request_hash
    from numbered order by seq
    returning shard_key, participant_id, statement_id, idempotency_key, request_hash, revision
), change as (
    select shard_key, statement_id,
        sum((choice = 'agree')::integer - coalesce((before = 'agree')::integer, 0)) as agree,
        sum((choice = 'disagree')::integer - coalesce((before = 'disagree')::integer, 0)) as disagree,
        sum((choice = 'pass')::integer - coalesce((before = 'pass')::integer, 0)) as pass
    from numbered where is_last group by shard_key, statement_id
), moved as (
    update statement s set n_agree = s.n_agree + c.agree, n_disagree = s.n_disagree + c.disagree, n_pass = s.n_pass + c.pass
    from change c
    where s.shard_key = c.shard_key and s.statement_id = c.statement_id
), person as (
    insert into conversation_person as p (shard_key, conversation_id, participant_id, n_voted)
    select shard_key, conversation_id, participant_id, count(*) filter (where before is null and is_last)
    from numbered group by shard_key, conversation_id, participant_id
    on conflict (shard_key, conversation_id, participant_id) do update set n_voted = p.n_voted + excluded.n_voted
    returning shard_key, conversation_id, participant_id, n_voted
), counted as (
    update conversation c set n_votes = c.n_votes + k.n, n_people = c.n_people + k.n_new
    from (
        select n.shard_key, n.conversation_id, sum(n.n) as n, count(*) filter (where n.n_first > 0 and p.n_voted = n.n_first) as n_new
        from (
            select shard_key, conversation_id, participant_id, count(*) as n, count(*) filter (where before is null and is_last) as n_first
            from numbered group by shard_key, conversation_id, participant_id
        ) n
        join person p on p.shard_key = n.shard_key and p.conversation_id = n.conversation_id and p.participant_id = n.participant_id
        group by n.shard_key, n.conversation_id
    ) k
    where c.shard_key = k.shard_key and c.conversation_id = k.conversation_id
)
select i.ord,
    case
        when k.ord is not null then case when k.request_hash = i.request_hash and k.statement_id = i.statement_id then 'ok' else 'mismatch' end
        when s.revision is not null then case when s.request_hash = i.request_hash and s.statement_id = i.statement_id then 'ok' else 'mismatch' end
        when t.statement_id is null then 'absent'
        when t.state <> 'shown' then 'hidden'
        when c.state <> 'open' or c.closes_at <= now() then 'closed'
        else 'not_eligible'
    end,
    coalesce(k.revision, s.revision)
from input i
left join known k on k.ord = i.ord
left join stored s on s.shard_key = i.shard_key and s.participant_id = i.participant_id and s.idempotency_key = i.idempotency_key
left join statement t on t.shard_key = i.shard_key and t.statement_id = i.statement_id
left join conversation c on c.shard_key = t.shard_key and c.conversation_id = t.conversation_id
order by i.ord
