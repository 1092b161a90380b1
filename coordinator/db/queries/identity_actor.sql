-- Who holds each secret ($1), with the deployment's roles and those in the shard of the same place ($2; 0: no object). A row
-- each: ord, then the person, or null when nobody holds it.
with input as materialized (
    select ord, a::bytea as secret_hash, b::bigint as shard_key from unnest($1::text[], $2::text[]) with ordinality as u (a, b, ord)
)
select i.ord, c.person_id, c.credential_id, c.is_token, c.roles, c.shard_key is not null, coalesce(c.shard_key, 0),
    coalesce(d.roles, 0), coalesce(p.roles, 0), p.participant_id, coalesce(p.has_standing, false),
    coalesce((select case when a.sealed is null then 0 else a.version end from demographic_answer a
        where a.person_id = c.person_id order by a.version desc limit 1), 0)
from input i
left join lateral (
    select person_id, session_id as credential_id, false as is_token, 0 as roles, null::bigint as shard_key
    from session s where s.secret_hash = i.secret_hash and revoked_at is null and expires_at > now()
        and (select erased_at from person where person.person_id = s.person_id) is null
    union all
    select person_id, token_id, true, roles, shard_key
    from token t where t.secret_hash = i.secret_hash and revoked_at is null and (expires_at is null or expires_at > now())
        and (select erased_at from person where person.person_id = t.person_id) is null
    limit 1
) c on true
left join lateral (
    select roles from participation where shard_key = 0 and person_id = c.person_id and state = 'active' limit 1
) d on true
left join lateral (
    select participant_id, roles, has_standing from participation
    where shard_key = nullif(i.shard_key, 0) and person_id = c.person_id and state = 'active' limit 1
) p on true
