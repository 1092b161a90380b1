-- What the study asks people of themselves.
select coalesce(settings->'demographics'->'attributes', '[]'::jsonb) from project where shard_key = $1::bigint
