-- Admits the person ($3) by the community's policy or by an invitation ($5, may be null). Members already are left as
-- they are. Standing: open admission gives it, an invitation does unless its uses are as good as unbounded; what is
-- simulated never has it. The row lock of the invitation makes its max_uses exact.
with community_here as (
    select shard_key, settings from community where shard_key = $1::bigint and community_id = $2::uuid
), already as (
    select participant_id, state, has_standing from participation
    where shard_key = $1::bigint and person_id = $3::uuid and (state = 'excluded' or (state = 'active' and roles & 64 <> 0))
        and exists (select from community_here)
), invited as (
    update invitation set n_uses = n_uses + 1
    where shard_key = $1::bigint and code_hash = $5::bytea and kind = 'member' and revoked_at is null
        and (expires_at is null or expires_at > now()) and n_uses < max_uses
        and exists (select from community_here) and not exists (select from already)
    returning invitation_id, max_uses
), admitted as (
    insert into participation (shard_key, participant_id, person_id, roles, invitation_id, has_standing)
    select c.shard_key, $4::uuid, $3::uuid, 64, i.invitation_id,
        (c.settings->>'admission' = 'open' or i.max_uses <= 1000)
            and exists (select from person where person_id = $3::uuid and kind <> 'simulated')
    from community_here c left join invited i on true
    where not exists (select from already) and (c.settings->>'admission' = 'open' or i.invitation_id is not null)
    on conflict (shard_key, person_id) do update set roles = participation.roles | 64, state = 'active',
        has_standing = participation.has_standing or excluded.has_standing
        where participation.state <> 'excluded'
    returning participant_id, has_standing
), who as (
    select participant_id, 'active' as state, has_standing, true as is_new from admitted
    union all
    select participant_id, state, has_standing, false from already
)
select participant_id, state, has_standing, is_new from who
