-- Items with a judgment, each response a row; the prompt comes with the first. $2: with embeddings and no texts, those of space $3, or (null)
-- those that came with the responses.
select i.item_id, i.n_responses, r.n, case when r.n = 0 then i.prompt end, case when $2::boolean then null else r.content end,
    case when not $2::boolean then null when $3::bytea is null then r.embedding else v.embedding end, s.sealed, s.person_id, r.model,
    case when r.n = 0 then i.language end
from item i join response r on r.shard_key = i.shard_key and r.item_id = i.item_id
left join item_sealed s on s.shard_key = i.shard_key and s.item_id = i.item_id
left join embedding v on $2::boolean and v.shard_key = $1::bigint and v.space = $3::bytea and v.text_hash = sha256(convert_to(r.content, 'UTF8'))
where i.shard_key = $1::bigint
    and exists (select from judgment j where j.shard_key = $1::bigint and j.item_id = i.item_id)
order by i.item_id, r.n
