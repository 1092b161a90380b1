-- Submissions whose time is over, so many ($1): their leases go back. And leases that were given out in the moment in which a submission
-- ended. How many.
select count(*) filter (where settle_submission(d.shard_key, d.participant_id, null) = 'timed_out')
    + coalesce((select sum(give_back(l.shard_key, l.participant_id, false)) from (
        select s.shard_key, s.participant_id from submission s
        where s.state in ('returned', 'timed_out') and s.ended_at > now() - interval '10 minutes'
            and exists (select from assignment a where a.shard_key = s.shard_key and a.participant_id = s.participant_id and a.state = 'leased')
        order by s.shard_key, s.participant_id limit $1::integer
    ) l), 0)
from (
    select shard_key, participant_id from (
        select shard_key, participant_id from submission where state = 'started' and due_at <= now() order by due_at limit $1::integer
    ) due order by shard_key, participant_id
) d
