-- Those who judge or judged in $1, after participant $2, with what their judgments sum up to, and what is told of the words that they
-- wrote: of what stands, neither changed nor taken back, whoever was excluded.
select m.participant_id, k.kind, m.state, m.exclusion_reason, m.exclusion_code, (extract(epoch from m.excluded_at) * 1000000)::bigint,
    (extract(epoch from m.joined_at) * 1000000)::bigint, (extract(epoch from p.last_at) * 1000000)::bigint,
    coalesce(p.n, 0), coalesce(p.n_skipped, 0), coalesce(p.n_left, 0), coalesce(p.n_right, 0), coalesce(p.active_ms, 0), a.n, a.n_met,
    w.n_told, w.n_pasted, w.n_untyped, w.n, t.n_twins, t.who, t.share, t.n_own
from participation m
join person k on k.person_id = m.person_id
left join tally_person p on p.shard_key = m.shard_key and p.participant_id = m.participant_id
cross join lateral ( -- items with a known answer, among the others to see whether they are read
    select count(*) as n, count(*) filter (where j.as_expected) as n_met
    from gold_task g
    cross join lateral (select as_expected from gold_judgment j where j.shard_key = g.shard_key and j.lease_id = g.lease_id order by j.revision desc limit 1) j
    where g.shard_key = m.shard_key and g.participant_id = m.participant_id and g.role = 'attention' and g.state = 'judged' and j.as_expected is not null
) a
cross join lateral (
    select count(*) filter (where w.is_pasted is not null) as n_told, count(*) filter (where w.is_pasted) as n_pasted,
        count(*) filter (where w.is_untyped) as n_untyped, count(*) filter (where w.shingles <> '{}') as n
    from words w
    where w.shard_key = m.shard_key and w.participant_id = m.participant_id and not exists (select from judgment j
        where j.shard_key = w.shard_key and j.lease_id = w.text_id and j.revision > w.revision)
) w
cross join lateral (
    select count(*) filter (where not t.is_own) as n_twins, count(*) filter (where t.is_own) as n_own,
        (array_agg(t.other_participant_id order by t.share desc, t.other_id) filter (where not t.is_own))[1] as who,
        max(t.share) filter (where not t.is_own) as share
    from words_twin t
    where t.shard_key = m.shard_key and t.participant_id = m.participant_id and not exists (select from judgment j
        where j.shard_key = t.shard_key and ((j.lease_id = t.text_id and j.revision > t.revision) or (j.lease_id = t.other_id and j.revision > t.other_revision)))
) t
where m.shard_key = $1::bigint and m.participant_id > $2::uuid and (m.roles & 8 <> 0 or p.participant_id is not null or m.state = 'excluded')
order by m.participant_id limit $3::integer
