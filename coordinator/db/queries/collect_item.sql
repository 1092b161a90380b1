-- All there is of item $2 of $1: what it asks, its slots, and each revision of each judgment, under pseudonyms. What was said in a chat stays
-- sealed.
select i.prompt, i.language, i.source_id, to_json(i.tags), i.warning, (extract(epoch from i.created_at) * 1000000)::bigint,
    (select json_agg(json_build_object('content', r.content, 'model', r.model) order by r.n)
    from response r where r.shard_key = i.shard_key and r.item_id = i.item_id),
    (select json_build_object('open', greatest(0, case when count(*) > 0 then p.judgments_per_item else 0 end
            - count(*) filter (where a.state <> 'open')), 'leased', count(*) filter (where a.state = 'leased'),
        'judged', count(*) filter (where a.state = 'judged'))
    from assignment a where a.shard_key = i.shard_key and a.item_id = i.item_id and a.n >= 0),
    t.disagreement, coalesce(t.pairs, 0),
    exists (select from item_sealed s where s.shard_key = i.shard_key and s.item_id = i.item_id)
from item i
join project p on p.shard_key = i.shard_key
left join tally_item t on t.shard_key = i.shard_key and t.item_id = i.item_id
where i.shard_key = $1::bigint and i.item_id = $2::uuid
