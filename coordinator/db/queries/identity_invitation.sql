-- What an invitation ($1, hash $2) leads to, and whether it still does.
select i.kind, i.max_uses, i.n_uses >= i.max_uses, i.expires_at is not null and i.expires_at <= now(),
    i.revoked_at is not null, coalesce(p.project_id, c.community_id), coalesce(coalesce(p.settings, c.settings)->'name', to_jsonb(coalesce(p.name, c.name))),
    coalesce(p.settings, c.settings)->'consent', coalesce(p.simulated, false),
    coalesce(p.settings->>'language', c.settings->>'language'), coalesce(p.state, 'open'), i.invitation_id,
    p.settings->'warning', p.settings->'conditions', n.settings, n.secret_sealed,
    case when n.old_until > now() then n.old_secret_sealed end
from invitation i
left join project p on p.shard_key = i.shard_key
left join panel n on n.shard_key = p.shard_key
left join community c on c.shard_key = i.shard_key
where i.shard_key = $1::bigint and i.code_hash = $2::bytea
