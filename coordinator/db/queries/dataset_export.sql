select state, request, error, (extract(epoch from created_at) * 1000000)::bigint,
    (extract(epoch from finished_at) * 1000000)::bigint, manifest
from export where shard_key = $1::bigint and export_id = $2::uuid
