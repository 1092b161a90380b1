-- The ids of all articles in version $2 of the constitution of community $1.
select jsonb_path_query_array(document::jsonb, 'strict $.articles.**.id')
from constitution where shard_key = $1::bigint and version = $2::integer
