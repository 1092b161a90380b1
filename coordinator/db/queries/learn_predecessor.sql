-- The model that a fit by method $2 for attribute $3 (null: none) may begin from: $4, or where that is null the newest of them.
select model_id from (
    select m.model_id from model m join fit f on f.shard_key = m.shard_key and f.fit_id = m.fit_id
    where m.shard_key = $1::bigint and case when $4::uuid is null then f.method = $2::text and f.attribute is not distinct from $3::text
        else m.model_id = $4::uuid end
    order by m.model_id desc limit 1) found
