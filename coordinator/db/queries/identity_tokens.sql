-- One's own; all of them for the operator ($2).
select token_id, t.name, t.roles, t.shard_key, coalesce(p.project_id, c.community_id), (extract(epoch from t.created_at) * 1000000)::bigint, (extract(epoch from t.expires_at) * 1000000)::bigint,
    t.person_id, p.project_id is not null
from token t
left join project p on p.shard_key = t.shard_key
left join community c on c.shard_key = t.shard_key
where (t.person_id = $1::uuid or $2::boolean) and t.revoked_at is null
    and (t.expires_at is null or t.expires_at > now()) and token_id > $3::uuid
order by token_id limit $4::integer
