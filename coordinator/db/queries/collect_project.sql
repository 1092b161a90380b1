-- Project $1, $2 with its counts; $3: the participant who asks, or null; $4: with how many have read its guideline.
select coalesce(p.settings->'name', to_jsonb(p.name)), p.state, p.settings, p.judgments_per_item, p.lease_seconds, p.simulated, p.guideline_version, g.text,
    p.community_shard_key, p.community_id, (extract(epoch from p.created_at) * 1000000)::bigint,
    c.n_items, c.n_wanted, c.n_counted, c.n_participants, c.n_skipped, c.n_imported,
    (select count(*) from (
        select distinct on (lease_id) outcome from judgment j
        where j.shard_key = p.shard_key and j.participant_id = $3::uuid order by lease_id, revision desc
    ) mine where outcome not in ('void', 'skip')) + known.n_attention,
    -- Who has read a text has read it, whichever version it came with.
    (select case when h.text_hash = g.text_hash then p.guideline_version else h.version end
        from guideline_read r join guideline h on h.shard_key = r.shard_key and h.version = r.version
        where r.shard_key = p.shard_key and r.participant_id = $3::uuid order by r.version desc limit 1),
    case when $4::boolean then (select count(distinct r.participant_id)
        from guideline h join guideline_read r on r.shard_key = h.shard_key and r.version = h.version
        where h.shard_key = p.shard_key and h.text_hash = g.text_hash) end,
    known.told || coalesce((select jsonb_strip_nulls(jsonb_build_object('submission', jsonb_build_object('panel', n.settings->'name', 'state', s.state,
            'due_at', to_char(s.due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
            'remaining', greatest((n.settings->>'tasks')::bigint - n_judged_by(s.shard_key, s.participant_id), 0)))
        from submission s join panel n on n.shard_key = s.shard_key
        where s.shard_key = p.shard_key and s.participant_id = $3::uuid), '{}'), w.model_id, w.n_valued, (extract(epoch from w.weighed_at) * 1000000)::bigint, w.error
from project p
left join weighing w on w.shard_key = p.shard_key
left join guideline g on g.shard_key = p.shard_key and g.version = p.guideline_version
cross join lateral (
    select coalesce(sum(n_items), 0) as n_items, coalesce(sum(n_wanted), 0) as n_wanted,
        coalesce(sum(n_counted), 0) as n_counted, coalesce(sum(n_participants), 0) as n_participants,
        coalesce(sum(n_skipped), 0) as n_skipped, coalesce(sum(n_imported), 0) as n_imported
    from project_counter where shard_key = p.shard_key
) c
-- What has a known answer: of attention, told in fours, so that no answer can be told from its neighbours; of the last try to qualify.
cross join lateral (
    select count(*) filter (where role = 'attention' and outcome <> 'skip') as n_attention,
        jsonb_strip_nulls(jsonb_build_object(
            'attention', case when max(n_said) >= 4 then jsonb_build_object('n', max(n_said) / 4 * 4,
                'as_expected', count(*) filter (where said <= n_said / 4 * 4 and as_expected)) end,
            'qualification', case when max(last) > 0 then jsonb_build_object('n', count(*) filter (where try = last),
                'as_expected', count(*) filter (where try = last and as_expected),
                'tries_left', (p.settings #>> '{onboarding,qualification,tries}')::integer - max(last)) end)) as told
    from (
        select t.role, j.outcome, j.as_expected, case when t.role = 'qualification' then t.try end as try,
            max(t.try) filter (where t.role = 'qualification') over () as last,
            count(*) filter (where t.role = 'attention' and j.as_expected is not null) over () as n_said,
            case when t.role = 'attention' then row_number() over (
                partition by t.role, j.as_expected is null order by j.judged_at, t.lease_id) end as said
        from gold_task t
        cross join lateral (select outcome, as_expected, judged_at from gold_judgment j
            where j.shard_key = t.shard_key and j.lease_id = t.lease_id order by j.revision desc limit 1) j
        where t.shard_key = p.shard_key and t.participant_id = $3::uuid and t.state = 'judged'
    ) g
) known
where p.shard_key = $1::bigint and p.project_id = $2::uuid
