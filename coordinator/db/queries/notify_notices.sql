-- What person $1 is told of, the newest first, fifty at the most: what became of studies they answer in, of amendments they
-- voted on, of what they reported. One row at least, for what they are told of at all.
with me as materialized (
    select shard_key, participant_id, joined_at, roles & 8 <> 0 as is_annotator
    from participation where person_id = $1::uuid and state = 'active'
), setting as materialized (
    select off, seen_until from notice_setting where person_id = $1::uuid
)
select coalesce((select array_to_json(off) from setting), '[]')::text, n.*
from (select 1) one
left join lateral (
    select e.shard_key, e.event_id, split_part(e.kind, '.', 1), e.more->>'state', e.object_id,
        (extract(epoch from e.happened_at) * 1000000)::bigint,
        e.happened_at > coalesce((select seen_until from setting), '-infinity'), p.project_id, c.community_id,
        coalesce(p.settings->'name', to_jsonb(p.name), to_jsonb(c.name))::text
    from me
    join event e on e.shard_key = me.shard_key and e.happened_at > me.joined_at
        and e.kind in ('project.state_changed', 'amendment.state_changed', 'report.decided')
    left join project p on p.shard_key = e.shard_key
    left join community c on c.shard_key = e.shard_key
    where case e.kind
        when 'project.state_changed' then me.is_annotator and not coalesce((select off from setting) @> '{study}', false)
        when 'amendment.state_changed' then e.more->>'state' <> 'open'
            and not coalesce((select off from setting) @> '{amendment}', false)
            and exists (select from ballot b where b.shard_key = e.shard_key and b.amendment_id = e.object_id
                and b.participant_id = me.participant_id)
        else not coalesce((select off from setting) @> '{report}', false)
            and exists (select from report r where r.shard_key = e.shard_key and r.object_id = e.object_id
                and r.participant_id = me.participant_id)
    end
    order by e.event_id desc limit 50
) n on true
