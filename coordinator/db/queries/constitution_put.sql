-- The first version, or another before any amendment has been proposed. The same document again is the same version.
with latest as (
    select version, document_hash from constitution where shard_key = $1::bigint order by version desc limit 1
), stored as (
    insert into constitution (shard_key, version, document, document_hash)
    select c.shard_key, coalesce((select version from latest), 0) + 1, $3::text, $4::bytea
    from community c
    where c.shard_key = $1::bigint and c.community_id = $2::uuid
        and not exists (select from amendment a where a.shard_key = $1::bigint)
        and not exists (select from latest where document_hash = $4::bytea)
    returning shard_key, version
), logged as (
    insert into log_outbox (shard_key, entry_id, entry)
    select shard_key, $5::uuid, replace($6::text, '"@version"', version::text) from stored
)
select coalesce((select version from stored), (select version from latest where document_hash = $4::bytea)),
    exists (select from stored)
from community where shard_key = $1::bigint and community_id = $2::uuid
