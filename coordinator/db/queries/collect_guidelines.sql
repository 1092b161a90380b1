-- What the study of shard $1 has told and asked, version by version, the newest first: those before $2, $3 at the most. How many have read the text of each.
select g.version, g.text, g.task, (extract(epoch from g.created_at) * 1000000)::bigint,
    (select count(distinct r.participant_id) from guideline h
        join guideline_read r on r.shard_key = h.shard_key and r.version = h.version
        where h.shard_key = g.shard_key and h.text_hash = g.text_hash)
from guideline g
where g.shard_key = $1::bigint and g.version < $2::integer
order by g.version desc limit $3::integer
