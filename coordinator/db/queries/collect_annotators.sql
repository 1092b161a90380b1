-- Those who judge or judged in $1, after participant $2, with what their judgments sum up to.
select m.participant_id, k.kind, m.state, m.exclusion_reason, m.exclusion_code, (extract(epoch from m.excluded_at) * 1000000)::bigint,
    (extract(epoch from m.joined_at) * 1000000)::bigint, (extract(epoch from t.last_at) * 1000000)::bigint,
    coalesce(t.n, 0), coalesce(t.n_skipped, 0), coalesce(t.n_left, 0), coalesce(t.n_right, 0), coalesce(t.active_ms, 0), a.n, a.n_met
from participation m
join person k on k.person_id = m.person_id
left join tally_person t on t.shard_key = m.shard_key and t.participant_id = m.participant_id
cross join lateral ( -- items with a known answer, among the others to see whether they are read
    select count(*) as n, count(*) filter (where j.as_expected) as n_met
    from gold_task g
    cross join lateral (select as_expected from gold_judgment j where j.shard_key = g.shard_key and j.lease_id = g.lease_id order by j.revision desc limit 1) j
    where g.shard_key = m.shard_key and g.participant_id = m.participant_id and g.role = 'attention' and g.state = 'judged' and j.as_expected is not null
) a
where m.shard_key = $1::bigint and m.participant_id > $2::uuid and (m.roles & 8 <> 0 or t.participant_id is not null or m.state = 'excluded')
order by m.participant_id limit $3::integer
