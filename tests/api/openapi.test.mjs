// The OpenAPI document and the coordinator's route tables say the same, and the document holds together.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { build } from '../support/coordinator.mjs';

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];
const document = parse(readFileSync(new URL('../../schema/openapi.yaml', import.meta.url), 'utf8'));
// Path items may point at one another (the aliases of a route).
const resolve = (value) => (value?.$ref === undefined ? value : resolve(at(value.$ref)));
const at = (ref) => ref.slice(2).split('/').reduce(
    (value, name) => value?.[decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')], document);
const operations = Object.entries(document.paths).flatMap(([path, item]) => methods
    .filter((method) => resolve(item)[method] !== undefined)
    .map((method) => ({ path, method, name: `${method.toUpperCase()} ${path}`, item: resolve(item), operation: resolve(item)[method], alias: item.$ref !== undefined })));

test('every route is in the document, and nothing else', () => {
    const routes = execFileSync(join(build, 'plenum-coordinator'), ['--routes'], { encoding: 'utf8' }).trim().split('\n').sort();
    assert.deepEqual(operations.map((one) => one.name).sort(), routes);
});

test('every reference leads somewhere', () => {
    const walk = (value, path) => {
        if (value === null || typeof value !== 'object') return;
        if (typeof value.$ref === 'string') assert.notEqual(at(value.$ref), undefined, `${path}: ${value.$ref}`);
        for (const [name, inner] of Object.entries(value)) walk(inner, `${path}/${name}`);
    };
    walk(document, '');
});

test('each operation says what it is: tag, summary, parameters of its path, answers', () => {
    const tags = new Set(document.tags.map((tag) => tag.name));
    const ids = new Set();
    for (const { name, path, item, operation, alias } of operations) {
        assert.ok(operation.summary, `${name} has a summary`);
        assert.ok(operation.tags?.length === 1 && tags.has(operation.tags[0]), `${name} has one known tag`);
        assert.ok(operation.operationId, `${name} has an operationId`);
        assert.ok(alias || !ids.has(operation.operationId), `${operation.operationId} is there twice`);
        ids.add(operation.operationId);
        const declared = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve)
            .filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name).sort();
        const used = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort();
        assert.deepEqual(declared, used, `${name} declares the parameters of its path`);
        assert.ok(Object.keys(operation.responses).some((status) => /^[23]/.test(status)), `${name} has an answer`);
        for (const [status, response] of Object.entries(operation.responses))
            assert.ok(resolve(response).description, `${name} ${status} has a description`);
    }
});

// The compatible routes ignore what they don't know, as the servers do whose shapes they have.
test('every JSON body says that it takes no other fields', () => {
    const closed = (schema) => (schema.additionalProperties ?? schema.unevaluatedProperties) === false
        || (schema.$ref !== undefined && closed(at(schema.$ref)));
    for (const { name, path, operation } of operations) {
        const schema = (operation.requestBody && resolve(operation.requestBody))?.content['application/json']?.schema;
        if (schema !== undefined) assert.equal(closed(schema), path.startsWith('/api/'), name);
    }
});

test('every operation but probes says that it may be asked too often', () => {
    for (const { name, path, operation } of operations)
        assert.equal(operation.responses['429'] !== undefined, !['/livez', '/readyz', '/metrics', '/health'].includes(path), name);
});
