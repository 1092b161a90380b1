// A study of ratings, put straight into the database: what is calm follows the first number of an answer's embedding, its quality the second;
// half of the items are in English and half in Arabic; one article was asked of too few.
const ITEMS = 160;
const PEOPLE = 40;
const embedding = (i) => [i % 2 === 0 ? 1 : -1, ((i * 7) % 11) / 5 - 1, 0.3];

// Gives the project's id.
export async function makeRated(coordinator) {
    const dimensions = [{ id: 'quality', scale: 'likert', min: 1, max: 5 }, { id: 'article:calm', scale: 'yes_no_unsure' }, { id: 'article:rare', scale: 'yes_no_unsure', required: false }];
    const made = await coordinator.api('POST', '/api/v1/projects', { body: { name: 'rated', judgments_per_item: 1000, task: { kind: 'rating', dimensions }, demographics: { attributes: [] } } });
    if (made.status !== 201) throw new Error(`a project: ${JSON.stringify(made.body)}`);
    const project = made.body.id;
    const lines = Array.from({ length: ITEMS }, (_, i) => JSON.stringify({ id: `i${i}`, prompt: `Question ${i}`, language: i % 4 < 2 ? 'en' : 'ar', responses: [{ content: `answer ${i}`, embedding: embedding(i) }] }));
    const answer = await coordinator.api('POST', `/api/v1/projects/${project}/items`, { body: lines.join('\n') });
    if (answer.status >= 300) throw new Error(`items: ${JSON.stringify(answer.body)}`);
    coordinator.sql(`
        create temp table made as select gen_random_uuid() as person_id, gen_random_uuid() as participant_id, n from generate_series(1, ${PEOPLE}) n;
        insert into person (person_id, kind) select person_id, 'imported' from made;
        insert into participation (shard_key, participant_id, person_id, roles, source_id)
            select p.shard_key, m.participant_id, m.person_id, 8, 'person ' || m.n from made m, project p where p.name = 'rated';
        insert into judgment (shard_key, lease_id, revision, judgment_id, item_id, n, participant_id, outcome, shown,
                guideline_version, source, idempotency_key, request_hash, receipt, answer)
            select i.shard_key, gen_random_uuid(), 1, gen_random_uuid(), i.item_id, m.n, m.participant_id, 'rating',
                '{0}', 1, 'import:test', gen_random_uuid(), sha256('x'), 'r',
                jsonb_build_object('ratings', jsonb_build_object(
                    'quality', jsonb_build_object('0', least(greatest(1 + (i.k * 7) % 11 / 2 + m.n % 3 - 1, 1), 5)),
                    'article:calm', jsonb_build_object('0', case when (i.k * 13 + m.n) % 17 = 0 then 'unsure'
                        when (i.k % 2 = 0) = ((i.k * 31 + m.n * 7) % 10 < 8) then 'yes' else 'no' end),
                    'article:rare', case when i.k < 2 then '{"0": "yes"}'::jsonb else '{}'::jsonb end))
            from made m, (select i.*, substring(source_id from 2)::int as k from item i join project p using (shard_key) where p.name = 'rated') i
            where (i.k + m.n * 17) % ${ITEMS} < 40`);
    return project;
}
