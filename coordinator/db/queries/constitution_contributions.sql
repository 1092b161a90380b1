-- The amendments the person ($1) has proposed, in every community, newest first.
select a.amendment_id, a.base_version, a.operations::text, a.rationale, a.proposer, a.state, a.cost, a.rule::text,
    (extract(epoch from a.opens_at) * 1000000)::bigint, (extract(epoch from a.closes_at) * 1000000)::bigint,
    a.n_yes, a.n_no, a.n_abstain, a.outcome::text, b.choice, b.receipt,
    (extract(epoch from b.cast_at) * 1000000)::bigint, c.community_id, now() >= a.closes_at, a.shard_key
from participation p
join amendment a on a.shard_key = p.shard_key and a.proposer = p.participant_id
join community c on c.shard_key = a.shard_key
left join lateral (
    select choice, receipt, cast_at from ballot
    where shard_key = a.shard_key and amendment_id = a.amendment_id and participant_id = p.participant_id
    order by revision desc limit 1
) b on true
where p.person_id = $1::uuid and ($2::uuid is null or a.amendment_id < $2::uuid)
order by a.amendment_id desc limit $3::integer
