-- The latest revision of each lease, where it can be learnt from. What somebody judged once more is no other judgment.
select item_id, participant_id, outcome, strength, shown, answer->'ranking', answer->'ratings'
from (
    select distinct on (j.lease_id) j.lease_id, j.item_id, j.participant_id, j.outcome, j.strength, j.shown, j.answer
    from judgment j where j.shard_key = $1::bigint and j.n >= 0
    order by j.lease_id, j.revision desc) latest
where outcome in ('left', 'right', 'tie', 'ranking', 'rating')
order by item_id, lease_id
