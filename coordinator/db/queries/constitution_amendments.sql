-- A community's amendments, newest first, with the last vote of the participant ($2) on each.
select a.amendment_id, a.base_version, a.operations::text, a.rationale, a.proposer, a.state, a.cost, a.rule::text,
    (extract(epoch from a.opens_at) * 1000000)::bigint, (extract(epoch from a.closes_at) * 1000000)::bigint,
    a.n_yes, a.n_no, a.n_abstain, a.outcome::text, b.choice, b.receipt,
    (extract(epoch from b.cast_at) * 1000000)::bigint, c.community_id, now() >= a.closes_at
from amendment a
join community c on c.shard_key = a.shard_key
left join lateral (
    select choice, receipt, cast_at from ballot
    where shard_key = a.shard_key and amendment_id = a.amendment_id and participant_id = $2::uuid
    order by revision desc limit 1
) b on true
where a.shard_key = $1::bigint and c.community_id = $6::uuid and ($3::uuid is null or a.amendment_id < $3::uuid)
    and ($4::text is null or a.state = $4::text)
order by a.amendment_id desc limit $5::integer
