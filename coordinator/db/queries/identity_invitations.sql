select invitation_id, kind, max_uses, n_uses, (extract(epoch from expires_at) * 1000000)::bigint, (extract(epoch from revoked_at) * 1000000)::bigint,
    (extract(epoch from created_at) * 1000000)::bigint
from invitation where shard_key = $1::bigint and invitation_id > $2::uuid
order by invitation_id limit $3::integer
