-- Each item of the export, in the order of its id outside (the source's, else by content), with its responses and the
-- latest judgments that hold; a repeat names the judgment that it repeats, and goes with it. What a person wrote comes
-- sealed, and whose key opens it. Parameters as in dataset_raters.sql, $8: with what is sealed of judgments, and $9: embeddings of
-- this space, or (null) those that came with the responses. Who judged elsewhere saw no guideline of ours, on no day that we know.
with guided as materialized ( -- who was shown a guideline can have read it
    select version, text_hash from guideline where shard_key = $1::bigint and text <> '""'::jsonb
)
select i.source_id, encode(i.content_hash, 'hex'), i.prompt, i.language, to_json(i.tags), i.gold, i.warning,
    (select json_agg(json_build_object('source_id', r.source_id, 'content', r.content, 'model', r.model, 'embedding',
        encode(case when $9::bytea is null then r.embedding else v.embedding end, 'hex'), 'meta', r.meta) order by r.n)
    from response r
    left join embedding v on v.shard_key = r.shard_key and v.space = $9::bytea and v.text_hash = sha256(convert_to(r.content, 'UTF8'))
    where r.shard_key = i.shard_key and r.item_id = i.item_id),
    (select json_agg(json_build_object('id', j.judgment_id, 'participant', j.participant_id, 'outcome', j.outcome,
        'strength', j.strength, 'answer', j.answer, 'shown', j.shown, 'active_ms', j.active_ms, 'wall_ms', j.wall_ms,
        'guideline_version', case when j.source = 'live' then j.guideline_version end, 'constitution_version',
        j.constitution_version, 'guideline_acknowledged',
        case when j.source = 'live' and exists (select from guided g where g.version = j.guideline_version) then exists (
            select from guided g join guided h on h.text_hash = g.text_hash
            join guideline_read r on r.shard_key = j.shard_key and r.participant_id = j.participant_id and r.version = h.version
            where g.version = j.guideline_version and coalesce(r.read_at <= j.judged_at, true)) end, 'judged_on',
        case when j.source = 'live' then to_char(j.judged_at at time zone 'UTC', 'YYYY-MM-DD') end,
        'repeat_of', f.judgment_id, 'strategy', case when j.source = 'live' then a.strategy end, 'probability', a.probability,
        'person', case when $8::boolean then p.person_id end,
        'note', case when $8::boolean then encode(j.note_sealed, 'hex') end)
        order by j.judgment_id)
    from judgment j
    join participation p on p.shard_key = j.shard_key and p.participant_id = j.participant_id and ($7::boolean or p.state <> 'excluded')
    left join assignment a on a.shard_key = j.shard_key and a.lease_id = j.lease_id
    left join lateral ( -- what a repeat is of
        select judgment_id, outcome from judgment f
        where j.n < 0 and f.shard_key = j.shard_key and f.item_id = j.item_id and f.participant_id = j.participant_id
            and f.n = -2 - j.n
        order by f.revision desc limit 1
    ) f on true
    where j.shard_key = i.shard_key and j.item_id = i.item_id and j.outcome <> 'void' and (j.n >= 0 or f.outcome <> 'void')
        and not exists (select from judgment later where later.shard_key = j.shard_key and later.lease_id = j.lease_id
            and later.revision > j.revision)
        and ($4::timestamptz is null or j.judged_at >= $4::timestamptz)
        and ($5::timestamptz is null or j.judged_at < $5::timestamptz)
        and ($6::text is null or (j.source = 'live') = ($6::text = 'live'))),
    i.later, s.sealed, s.person_id
from (
    -- Sorted before the rest is fetched, so that what is sorted is small and rows come as they are asked for.
    select *, source_id collate "C" as place from item
    where shard_key = $1::bigint and ($2::text is null or language = $2::text)
        and ($3::text[] is null or tags && $3::text[])
    order by source_id collate "C" nulls last, content_hash offset 0
) i
left join item_sealed s on s.shard_key = i.shard_key and s.item_id = i.item_id
order by i.place nulls last, i.content_hash
