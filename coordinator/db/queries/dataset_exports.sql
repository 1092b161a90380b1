-- The project's exports before $2 (zero uuid: from the newest), newest first.
select export_id, state, request, error, (extract(epoch from created_at) * 1000000)::bigint,
    (extract(epoch from finished_at) * 1000000)::bigint
from export
where shard_key = $1::bigint and ($2::uuid = '00000000-0000-0000-0000-000000000000' or export_id < $2::uuid)
order by export_id desc limit $3::integer
