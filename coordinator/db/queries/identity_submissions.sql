-- Submissions of $1 after participant $2, under the pseudonym.
select s.participant_id, s.state, s.is_dropped, (extract(epoch from s.started_at) * 1000000)::bigint,
    (extract(epoch from s.ended_at) * 1000000)::bigint, (extract(epoch from s.due_at) * 1000000)::bigint,
    n_judged_by(s.shard_key, s.participant_id)
from submission s
where s.shard_key = $1::bigint and s.participant_id > $2::uuid
order by s.participant_id limit $3::integer
