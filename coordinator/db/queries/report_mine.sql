-- What person $1 has reported, the newest first, in the columns of report_list.sql: with where, and without what it is about.
select r.shard_key, r.report_id, r.object_kind, r.object_id, r.participant_id, m.person_id, r.reason, r.words_sealed, r.state,
    r.decision, (extract(epoch from r.created_at) * 1000000)::bigint, (extract(epoch from r.decided_at) * 1000000)::bigint,
    exists (select from item_hidden h where h.shard_key = r.shard_key and h.item_id = r.object_id),
    coalesce(p.settings->'name', to_jsonb(p.name), to_jsonb(c.name))::text, null, null, null
from participation m
join report r on r.shard_key = m.shard_key and r.participant_id = m.participant_id
left join project p on p.shard_key = m.shard_key
left join community c on c.shard_key = m.shard_key
where m.person_id = $1::uuid
order by r.report_id desc limit 200
