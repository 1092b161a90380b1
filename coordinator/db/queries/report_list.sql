-- The reports of shard $1 in state $2 (null: all), the newest first, before $3 (null: from the newest), $4 at the most, with
-- what they are about.
select r.shard_key, r.report_id, r.object_kind, r.object_id, r.participant_id, m.person_id, r.reason, r.words_sealed, r.state,
    r.decision, (extract(epoch from r.created_at) * 1000000)::bigint, (extract(epoch from r.decided_at) * 1000000)::bigint,
    exists (select from item_hidden h where h.shard_key = r.shard_key and h.item_id = r.object_id), null,
    case when r.object_kind = 'item' then json_build_object('prompt', i.prompt, 'responses',
            (select json_agg(x.content order by x.n) from response x where x.shard_key = r.shard_key and x.item_id = r.object_id))
        else json_build_object('rationale', a.rationale) end::text,
    s.sealed, s.person_id
from report r
join participation m on m.shard_key = r.shard_key and m.participant_id = r.participant_id
left join item i on r.object_kind = 'item' and i.shard_key = r.shard_key and i.item_id = r.object_id
left join item_sealed s on r.object_kind = 'item' and s.shard_key = r.shard_key and s.item_id = r.object_id
left join amendment a on r.object_kind = 'amendment' and a.shard_key = r.shard_key and a.amendment_id = r.object_id
where r.shard_key = $1::bigint and ($2::text is null or r.state = $2::text) and ($3::uuid is null or r.report_id < $3::uuid)
order by r.report_id desc limit $4::integer
