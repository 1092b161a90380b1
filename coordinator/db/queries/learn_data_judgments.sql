-- The latest revision of each lease, where it can be learnt from. What somebody judged once more is no other judgment.
-- $2: with what was written beside it (sealed), by which something can be learnt where both are bad too; $3: only those.
-- $4 (null: none): what the model that is begun from saw: what came later is recent.
select item_id, participant_id, outcome, strength, shown, answer->'ranking', answer->'ratings', note, to_json(shown), is_recent
from (
    select distinct on (j.lease_id) j.lease_id, j.item_id, j.participant_id, j.outcome, j.strength, j.shown, j.answer,
        case when $2::boolean then j.note_sealed end as note,
        $4::pg_snapshot is not null and not pg_visible_in_snapshot(j.stored_xid::text::xid8, $4::pg_snapshot) as is_recent
    from judgment j where j.shard_key = $1::bigint and j.n >= 0
    order by j.lease_id, j.revision desc) latest
where (outcome in ('left', 'right', 'tie', 'ranking', 'rating') or (outcome = 'both_bad' and note is not null))
    and (not $3::boolean or note is not null)
order by item_id, lease_id
