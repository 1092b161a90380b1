-- What each person said of each pair that counts, pair by pair: item, its two responses, category (as in collect_tally_advance.sql), who,
-- and whether they had seen what happened later; without those whom the study has excluded.
select j.item_id, least(j.shown[1], j.shown[2]), greatest(j.shown[1], j.shown[2]),
    case when j.outcome = 'tie' then 3 when j.outcome = 'both_bad' then 4 when (j.outcome = 'left') = (j.shown[1] < j.shown[2]) then 1 else 2 end,
    j.participant_id, coalesce((j.answer->>'later_shown')::boolean, false)
from judgment j
where j.shard_key = $1::bigint and j.n >= 0 and j.outcome in ('left', 'right', 'tie', 'both_bad') and not exists (
    select from judgment later where later.shard_key = $1::bigint and later.lease_id = j.lease_id and later.revision > j.revision)
    and not exists (select from participation m where m.shard_key = $1::bigint and m.participant_id = j.participant_id and m.state = 'excluded')
order by 1, 2, 3
