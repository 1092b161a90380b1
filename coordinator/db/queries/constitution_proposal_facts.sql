-- All that a proposal by the participant ($2) is judged by; and the one made with the same key ($3), if there is one.
select c.community_id, c.settings::text, k.version, k.document,
    (extract(epoch from p.budget_until) * 1000000)::bigint, (extract(epoch from now()) * 1000000)::bigint,
    coalesce((select jsonb_agg(a.operations) from amendment a where a.shard_key = $1::bigint and a.proposer = $2::uuid
        and a.created_at > now() - interval '30 days'), '[]')::text,
    prior.amendment_id, prior.request_hash, prior.cost, prior.balance,
    (extract(epoch from prior.closes_at) * 1000000)::bigint, prior.rule::text,
    exists (select from ballot b where b.shard_key = $1::bigint and b.participant_id = $2::uuid
        and b.idempotency_key = $3::uuid)
from community c
join participation p on p.shard_key = c.shard_key and p.participant_id = $2::uuid and p.state = 'active'
left join lateral (
    select version, document from constitution where shard_key = $1::bigint order by version desc limit 1
) k on true
left join amendment prior on prior.shard_key = c.shard_key and prior.proposer = $2::uuid
    and prior.idempotency_key = $3::uuid
where c.shard_key = $1::bigint and c.community_id = $4::uuid
