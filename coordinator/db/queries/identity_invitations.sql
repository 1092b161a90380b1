select invitation_id, kind, max_uses, n_uses, expires_at, revoked_at, created_at
from invitation where shard_key = $1::bigint and invitation_id > $2::uuid
order by invitation_id limit $3::integer
