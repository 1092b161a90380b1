-- A community, and what the participant ($3) is in it.
select c.name, c.settings::text, k.version, encode(k.document_hash, 'hex'),
    (select count(*) from participation p where p.shard_key = $1::bigint and p.state = 'active'
        and p.roles & 64 <> 0),
    (select count(*) from amendment a where a.shard_key = $1::bigint and a.state = 'open'),
    (extract(epoch from c.created_at) * 1000000)::bigint,
    coalesce((select p.has_standing from participation p
        where p.shard_key = $1::bigint and p.participant_id = $3::uuid and p.state = 'active'), false)
from community c
left join lateral (
    select version, document_hash from constitution where shard_key = $1::bigint order by version desc limit 1
) k on true
where c.shard_key = $1::bigint and c.community_id = $2::uuid
