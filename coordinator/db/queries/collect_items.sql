-- Items of $1 after item $2 (in language $4, with tag $5; null: any), with how much was judged and how far people were apart.
select i.item_id, i.prompt, i.language, coalesce(t.n, 0), t.disagreement, coalesce(t.pairs, 0)
from item i
left join tally_item t on t.shard_key = i.shard_key and t.item_id = i.item_id
where i.shard_key = $1::bigint and i.item_id > $2::uuid and ($4::text is null or i.language = $4::text) and ($5::text is null or $5::text = any (i.tags))
order by i.item_id limit $3::integer
