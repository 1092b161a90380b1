-- What a fit of project $1 is checked against before it is accepted: its task, its questions, whether people came with an
-- import (who bring attributes of their own), and whether there is enough to learn from. Counts stop at what is asked.
select p.task, coalesce(p.settings->'demographics'->'attributes', '[]'::jsonb),
    exists (select from participation m where m.shard_key = $1::bigint and m.source_id is not null),
    (select count(*) from (select from judgment j where j.shard_key = $1::bigint and j.n >= 0
        and j.outcome in ('left', 'right', 'tie', 'ranking', 'rating') limit $3::bigint) enough),
    (select count(*) from (select from participation m where m.shard_key = $1::bigint and m.state <> 'excluded'
        and exists (select from judgment j where j.shard_key = $1::bigint and j.participant_id = m.participant_id)
        limit $4::bigint) enough)
from project p where p.shard_key = $1::bigint and p.project_id = $2::uuid
