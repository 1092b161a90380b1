-- What can be changed of how study $1, $2 gives out its work, and by which setup it is so; the last: how many judgments an item may have.
select settings, judgments_per_item, setup, coalesce(most_per_item, judgments_per_item)
from project where shard_key = $1::bigint and project_id = $2::uuid
