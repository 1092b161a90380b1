-- The submission of $1 under the code $2, or else of participant $3, has become $4; what was judged is kept or dropped ($5; null: as the study
-- has set).
select e.state, e.is_dropped, e.n_leases
from submission s cross join lateral end_submission(s.shard_key, s.participant_id, $4::text, $5::boolean) e
where s.shard_key = $1::bigint and (s.external_code = $2::bytea or ($2::bytea is null and s.participant_id = $3::uuid))
