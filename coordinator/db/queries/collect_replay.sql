-- The answer that key $3 of participant $2 had.
select judgment_id, revision, receipt, request_hash = $4::bytea
from judgment where shard_key = $1::bigint and participant_id = $2::uuid and idempotency_key = $3::uuid
