-- Who has a judgment in the export ($2 language, $3 tags, $4 judged from, $5 judged before, $6 "live" or "import", each
-- null when not asked for; $7: also whom the study excluded), in order of participant, with the answers that are sealed under their key and
-- the code of why they are excluded.
with
-- include last_answers
select p.participant_id, p.person_id, k.kind, case when k.erased_at is null then answers_at(p.person_id, l.version) end,
    (select max(r.version) from guideline_read r where r.shard_key = p.shard_key and r.participant_id = p.participant_id),
    case when p.state = 'excluded' then coalesce(p.exclusion_code, 'other') end
from participation p
join person k on k.person_id = p.person_id
left join last l on l.participant_id = p.participant_id
where p.shard_key = $1::bigint and ($7::boolean or p.state <> 'excluded') and exists (
    select from judgment j
    join item i on i.shard_key = j.shard_key and i.item_id = j.item_id
    where j.shard_key = $1::bigint and j.participant_id = p.participant_id and j.outcome <> 'void'
        and not exists (select from judgment later where later.shard_key = j.shard_key and later.lease_id = j.lease_id
            and later.revision > j.revision)
        and ($2::text is null or i.language = $2::text) and ($3::text[] is null or i.tags && $3::text[])
        and ($4::timestamptz is null or j.judged_at >= $4::timestamptz)
        and ($5::timestamptz is null or j.judged_at < $5::timestamptz)
        and ($6::text is null or (j.source = 'live') = ($6::text = 'live')))
order by p.participant_id
