-- The answer that key $3 of participant $2 had, in the columns of collect_judgments.sql; whether it was the same.
select request_hash = $4::bytea, null, judgment_id, revision, receipt
from judgment where shard_key = $1::bigint and participant_id = $2::uuid and idempotency_key = $3::uuid
