-- The items of $1 on which people are furthest apart, of those that two or more judged (in language $3, with tag $4; null:
-- any).
select i.item_id, i.prompt, i.language, coalesce(t.n, 0), t.disagreement, coalesce(t.pairs, 0)
from tally_item t
join item i on i.shard_key = t.shard_key and i.item_id = t.item_id
where t.shard_key = $1::bigint and t.disagreement > 0 and ($3::text is null or i.language = $3::text) and ($4::text is null or $4::text = any (i.tags))
order by t.disagreement desc nulls last, t.pairs desc, t.item_id limit $2::integer
