-- Person $3 gives back their submission in project $1, $2, if it is not over. What it is now, as identity_submission_mine.sql.
select e.state, n.settings, e.is_dropped, (extract(epoch from s.started_at) * 1000000)::bigint, (extract(epoch from s.due_at) * 1000000)::bigint,
    case when e.is_dropped then 0 else n_judged_by(s.shard_key, s.participant_id) end
from project p
join participation m on m.shard_key = p.shard_key and m.person_id = $3::uuid
join submission s on s.shard_key = p.shard_key and s.participant_id = m.participant_id
join panel n on n.shard_key = p.shard_key
cross join lateral (select settle_submission(s.shard_key, s.participant_id, null) as state) v
cross join lateral end_submission(s.shard_key, s.participant_id, case when v.state = 'started' then 'returned' else v.state end, null) e
where p.shard_key = $1::bigint and p.project_id = $2::uuid
