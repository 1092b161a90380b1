-- Who rated item $2 of $1 in dimension $3 (its response $4; null: the item itself), whom the study has not excluded: what they said (the
-- step; of scales with more than nine, the tenth that it is in), and the rest as collect_item_voters.sql.
with dimension as (
    select d->>'scale' = 'yes_no_unsure' as is_words, (d->>'min')::numeric::bigint as low, (d->>'max')::numeric::bigint as high,
        case when (d->>'max')::numeric - (d->>'min')::numeric > 8 then ((d->>'max')::numeric::bigint - (d->>'min')::numeric::bigint + 10) / 10 else 1 end as step
    from project p cross join lateral jsonb_array_elements(p.settings->'task'->'dimensions') d
    where p.shard_key = $1::bigint and d->>'id' = $3::text
), rated as (
    select distinct on (j.participant_id) j.answer->'ratings'->$3::text->coalesce($4::bigint::text, 'item') as value,
        answers_at(m.person_id, j.demographics_version) as sealed,
        m.source_id is not null as is_imported, m.person_id
    from judgment j
    join participation m on m.shard_key = j.shard_key and m.participant_id = j.participant_id and m.state <> 'excluded'
    where j.shard_key = $1::bigint and j.item_id = $2::uuid and j.n >= 0 and j.outcome <> 'void'
        and j.answer->'ratings'->$3::text->coalesce($4::bigint::text, 'item') is not null
        and not exists (select from judgment later where later.shard_key = j.shard_key and later.lease_id = j.lease_id and later.revision > j.revision)
    order by j.participant_id, j.judgment_id
)
select case when is_words then value #>> '{}' when step = 1 then place::text else place || '–' || least(high, place + step - 1) end, sealed, is_imported, person_id
from (
    select r.*, d.is_words, d.high, d.step, case when d.is_words then array_position(array['yes', 'unsure', 'no'], value #>> '{}')
        else d.low + ((value #>> '{}')::numeric::bigint - d.low) / d.step * d.step end as place
    from rated r cross join dimension d
    where d.is_words = (jsonb_typeof(value) = 'string')
) v
order by place
