-- What has become of the submission of person $3 in project $1, $2; no row: there is none.
select v.state, n.settings, s.is_dropped, (extract(epoch from s.started_at) * 1000000)::bigint, (extract(epoch from s.due_at) * 1000000)::bigint,
    n_judged_by(s.shard_key, s.participant_id)
from project p
join participation m on m.shard_key = p.shard_key and m.person_id = $3::uuid
join submission s on s.shard_key = p.shard_key and s.participant_id = m.participant_id
join panel n on n.shard_key = p.shard_key
cross join lateral (select settle_submission(s.shard_key, s.participant_id, null) as state) v
where p.shard_key = $1::bigint and p.project_id = $2::uuid
