-- Tells that the judgments of study $2 are $3 now and were $4, and that it is complete ($5) and was ($6). Nothing when
-- another has told so meanwhile.
with told as (
    insert into project_told as t (shard_key, n_judgments, is_complete, told_at)
    values ($1::bigint, $3::bigint, $5::boolean, now())
    on conflict (shard_key) do update set n_judgments = excluded.n_judgments, is_complete = excluded.is_complete,
        told_at = excluded.told_at
    where t.n_judgments = $4::bigint and t.is_complete = $6::boolean
    returning shard_key
)
insert into event (shard_key, event_id, kind, object_id, more)
select shard_key, $7::uuid, 'judgment.recorded', $2::uuid,
    jsonb_build_object('judgments', $3::bigint, 'since_last', $3::bigint - $4::bigint)
from told where $3::bigint <> $4::bigint
union all
select shard_key, $8::uuid, 'project.completed', $2::uuid, jsonb_build_object('judgments', $3::bigint)
from told where $5::boolean and not $6::boolean
