select simulated, settings->'task'->'dimensions'->>0, coalesce(settings->'demographics'->'attributes', '[]'::jsonb)
from project where shard_key = $1::bigint
