-- All that is kept of person $1, a row each: kind, shard, id, what it says, what is sealed, and whether that is an answer
-- about oneself (else words). No secret and nothing of anybody else. schema/my-data.txt says where each table went.
with me as materialized (
    select shard_key, participant_id from participation where person_id = $1::uuid
)
select 'account' as kind, 0::bigint as shard_key, p.person_id as id,
    json_build_object('account_kind', p.kind, 'name', c.name, 'created_at', p.created_at, 'passphrase_changed_at', c.changed_at,
        'recovery_codes_left', coalesce(cardinality(c.recovery_hashes), 0))::text as body, null::bytea as sealed, false as is_answers
from person p left join credential c on c.person_id = p.person_id where p.person_id = $1::uuid
union all
select 'session', 0, s.session_id, json_build_object('created_at', s.created_at, 'expires_at', s.expires_at,
    'revoked_at', s.revoked_at)::text, null, false
from session s where s.person_id = $1::uuid
union all
select 'token', 0, t.token_id, json_build_object('name', t.name, 'created_at', t.created_at, 'expires_at', t.expires_at,
    'revoked_at', t.revoked_at)::text, null, false
from token t where t.person_id = $1::uuid
union all
select 'demographics', 0, null, json_build_object('version', d.version, 'consent_version', d.consent_version,
    'given_at', d.given_at, 'withdrawn', d.sealed is null)::text, d.sealed, true
from demographic_answer d where d.person_id = $1::uuid
union all
select 'participation', m.shard_key, m.participant_id, json_build_object('name', coalesce(p.name, c.name), 'state', m.state,
    'exclusion_reason', m.exclusion_reason, 'consent_version', m.consent_version, 'consent_sha256',
    encode(m.consent_hash, 'hex'), 'consented_at', m.consented_at, 'conditions', m.conditions, 'has_standing', m.has_standing, 'in_quota_cell',
    m.quota_cell is not null, 'tasks_given', m.n_given, 'repeats_given', m.n_repeats, 'joined_at', m.joined_at)::text, null, false
from participation m
left join project p on p.shard_key = m.shard_key
left join community c on c.shard_key = m.shard_key
where m.person_id = $1::uuid
union all
select 'submission', s.shard_key, s.participant_id, json_build_object('panel', n.settings->'name', 'state', s.state, 'judgments_dropped', s.is_dropped,
    'started_at', s.started_at, 'due_at', s.due_at, 'ended_at', s.ended_at)::text, s.external_sealed, false
from me join submission s on s.shard_key = me.shard_key and s.participant_id = me.participant_id
join panel n on n.shard_key = s.shard_key
union all
select 'guideline_read', g.shard_key, g.participant_id, json_build_object('version', g.version, 'read_at', g.read_at)::text, null, false
from me join guideline_read g on g.shard_key = me.shard_key and g.participant_id = me.participant_id
union all
select 'assignment', a.shard_key, a.lease_id, json_build_object('item', a.item_id, 'state', a.state, 'leased_at', a.leased_at,
    'expires_at', a.expires_at, 'shown', a.shown, 'strategy', a.strategy, 'probability', a.probability,
    'place', a.place, 'guideline_version', a.guideline_version)::text, null, false
from me join assignment a on a.shard_key = me.shard_key and a.participant_id = me.participant_id
union all
select 'judgment', j.shard_key, j.judgment_id, json_build_object('item', j.item_id, 'assignment', j.lease_id, 'revision',
    j.revision, 'outcome', j.outcome, 'strength', j.strength, 'answer', j.answer, 'shown', j.shown, 'active_ms', j.active_ms,
    'wall_ms', j.wall_ms, 'client', j.client, 'guideline_version', j.guideline_version, 'constitution_version',
    j.constitution_version, 'demographics_version', j.demographics_version, 'source', j.source, 'judged_at', j.judged_at,
    'receipt', j.receipt)::text, j.note_sealed, false
from me join item i on i.shard_key = me.shard_key
join judgment j on j.shard_key = i.shard_key and j.item_id = i.item_id and j.participant_id = me.participant_id
union all -- what has a known answer: which part of the work it was is told once it is answered
select 'assignment', t.shard_key, t.lease_id, json_build_object('item', t.item_id, 'state', t.state, 'leased_at', t.given_at,
    'shown', t.shown, 'guideline_version', t.guideline_version, 'known_answer', case when t.state = 'judged' then t.role end)::text,
    null, false
from me join gold_task t on t.shard_key = me.shard_key and t.participant_id = me.participant_id
union all
select 'judgment', j.shard_key, j.judgment_id, json_build_object('item', t.item_id, 'assignment', j.lease_id, 'revision',
    j.revision, 'outcome', j.outcome, 'strength', j.strength, 'answer', j.answer, 'shown', t.shown, 'active_ms', j.active_ms,
    'wall_ms', j.wall_ms, 'client', j.client, 'guideline_version', t.guideline_version, 'constitution_version',
    t.constitution_version, 'demographics_version', j.demographics_version, 'known_answer', t.role, 'try', t.try,
    'as_expected', j.as_expected, 'judged_at', j.judged_at, 'receipt', j.receipt)::text, j.note_sealed, false
from me join gold_task t on t.shard_key = me.shard_key and t.participant_id = me.participant_id
join gold_judgment j on j.shard_key = t.shard_key and j.lease_id = t.lease_id
union all
select 'chat', c.shard_key, c.chat_id, json_build_object('state', c.state, 'created_at', c.created_at, 'ended_at',
    c.ended_at)::text, null, false
from me join chat c on c.shard_key = me.shard_key and c.participant_id = me.participant_id
union all
select 'chat_turn', t.shard_key, t.turn_id, json_build_object('chat', t.chat_id, 'turn', t.turn, 'went_on_with', t.goes_on,
    'shown', t.shown, 'created_at', t.created_at)::text, t.message_sealed, false
from me join chat_turn t on t.shard_key = me.shard_key and t.participant_id = me.participant_id
union all
select 'chat_response', r.shard_key, r.turn_id, json_build_object('response', r.n, 'attempt', r.attempt, 'state', r.state,
    'machine', true, 'ended_at', r.ended_at)::text, r.content_sealed, false
from me join chat_turn t on t.shard_key = me.shard_key and t.participant_id = me.participant_id
join chat_response r on r.shard_key = t.shard_key and r.turn_id = t.turn_id
union all
select 'amendment', a.shard_key, a.amendment_id, json_build_object('base_version', a.base_version, 'operations', a.operations,
    'rationale', a.rationale, 'state', a.state, 'cost', a.cost, 'outcome', a.outcome, 'created_at', a.created_at)::text, null,
    false
from me join amendment a on a.shard_key = me.shard_key and a.proposer = me.participant_id
union all
select 'ballot', b.shard_key, b.amendment_id, json_build_object('revision', b.revision, 'choice', b.choice, 'cast_at',
    b.cast_at, 'demographics_version', b.demographics_version, 'receipt', b.receipt)::text, null, false
from me join ballot b on b.shard_key = me.shard_key and b.participant_id = me.participant_id
union all
select 'statement', s.shard_key, s.statement_id, json_build_object('conversation', s.conversation_id, 'number', s.n, 'state', s.state, 'reason', s.reason,
    'merged_into', s.merged_into, 'created_at', s.created_at, 'decided_at', s.decided_at, 'appealed_at', s.appealed_at)::text, s.sealed, false
from me join statement s on s.shard_key = me.shard_key and s.participant_id = me.participant_id
union all
select 'statement', s.shard_key, s.statement_id, json_build_object('conversation', s.conversation_id, 'appeal', true, 'appealed_at', s.appealed_at)::text,
    s.appeal_sealed, false
from me join statement s on s.shard_key = me.shard_key and s.participant_id = me.participant_id and s.appeal_sealed is not null
union all
select 'statement_vote', v.shard_key, v.statement_id, json_build_object('conversation', v.conversation_id, 'revision', v.revision, 'choice', v.choice,
    'important', v.is_important, 'probability', v.probability, 'demographics_version', v.demographics_version, 'voted_at', v.voted_at)::text, null, false
from me join conversation_person c on c.shard_key = me.shard_key and c.participant_id = me.participant_id
join statement_vote v on v.shard_key = c.shard_key and v.conversation_id = c.conversation_id and v.participant_id = c.participant_id
union all
select 'report', r.shard_key, r.report_id, json_build_object('about', r.object_kind, 'object', r.object_id, 'reason', r.reason,
    'state', r.state, 'decision', r.decision, 'created_at', r.created_at, 'decided_at', r.decided_at)::text, r.words_sealed, false
from me join report r on r.shard_key = me.shard_key and r.participant_id = me.participant_id
union all
select 'notices', 0, null, json_build_object('off', n.off, 'seen_until', n.seen_until)::text, null, false
from notice_setting n where n.person_id = $1::uuid
