-- Who compared the responses of item $2 of $1, whom the study has not excluded: what they said (the number of the response that they
-- chose or ranked first, alone; else tie, or both_bad), their answers about themselves as they held then (sealed), whether they came
-- with an import, and whose key opens the answers.
select case said when -1 then 'tie' when -2 then 'both_bad' else said::text end, sealed, is_imported, person_id
from (
    select distinct on (j.participant_id)
        case when j.outcome in ('left', 'right') then j.shown[case j.outcome when 'left' then 1 else 2 end]
            when j.outcome = 'both_bad' then -2
            when j.outcome = 'ranking' and jsonb_array_length(j.answer->'ranking'->0) = 1 then (j.answer->'ranking'->0->>0)::integer
            else -1 end as said,
        answers_at(m.person_id, j.demographics_version) as sealed,
        m.source_id is not null as is_imported, m.person_id
    from judgment j
    join participation m on m.shard_key = j.shard_key and m.participant_id = j.participant_id and m.state <> 'excluded'
    where j.shard_key = $1::bigint and j.item_id = $2::uuid and j.n >= 0 and j.outcome in ('left', 'right', 'tie', 'both_bad', 'ranking')
        and not exists (select from judgment later where later.shard_key = j.shard_key and later.lease_id = j.lease_id and later.revision > j.revision)
    order by j.participant_id, j.judgment_id
) v
order by said < 0, abs(said)
