-- All submissions of $1, for paying people; with an entry of the log ($2, $3).
with l as (
    insert into log_outbox (shard_key, entry_id, entry) values ($1::bigint, $2::uuid, $3::text)
)
select m.person_id, s.external_sealed, s.state, n.settings->'codes'->>s.state, n_judged_by(s.shard_key, s.participant_id),
    floor(extract(epoch from coalesce(s.ended_at, now()) - s.started_at))::bigint
from submission s
join participation m on m.shard_key = s.shard_key and m.participant_id = s.participant_id
join panel n on n.shard_key = s.shard_key
where s.shard_key = $1::bigint and s.external_sealed is not null
order by s.participant_id
