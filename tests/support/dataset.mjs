// Data in and out in tests: the real files, the plenum command, and an export with its files in memory.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './coordinator.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.env.PLENUM_TEST_DATA ?? resolve(root, '../shared/data');

// Where a file of the real data is, or undefined; then a test says so and skips.
export function realData(path) {
    const file = join(folder, path);
    return existsSync(file) ? file : undefined;
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const unzstd = (bytes) => execFileSync('zstd', ['-dc'], { input: bytes, maxBuffer: 1024 ** 3 }).toString();
export const lines = (text) => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));

// Runs build/plenum against the coordinator: {status, out, err}.
export function plenum(coordinator, ...args) {
    return new Promise((done) => {
        execFile(join(build, 'plenum'), [...args, '--url', coordinator.url, '--token', coordinator.adminToken],
            { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => done({ status: error ? error.code : 0, out, err }));
    });
}

// `plenum import`: the report of its one file, with the command's status.
export async function importFile(coordinator, project, file, ...args) {
    const { status, out, err } = await plenum(coordinator, 'import', '--project', project, ...args, file);
    if (out === '') throw new Error(`plenum import: ${err}`);
    return { status, ...JSON.parse(out) };
}

// `plenum export` into a folder that goes again: {name: bytes}.
export async function exportFiles(coordinator, project, formats) {
    const out = mkdtempSync(join(tmpdir(), 'plenum-test-export-'));
    try {
        const { status, err } = await plenum(coordinator, 'export', '--project', project, '--formats', formats, '--out', out);
        if (status !== 0) throw new Error(`plenum export: ${err}`);
        return Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name))]));
    } finally {
        rmSync(out, { recursive: true, force: true });
    }
}

export async function makeProject(coordinator, settings = {}) {
    const { status, body } = await coordinator.api('POST', '/api/v1/projects', {
        body: { name: 'Import', task: { kind: 'pairwise' }, ...settings },
        key: true,
    });
    if (status !== 201) throw new Error(`making a project: ${status} ${JSON.stringify(body)}`);
    return body.id;
}

// An export over HTTP, waited for: its description once done or failed.
export async function waitExport(coordinator, id) {
    for (let i = 0; i < 600; i++) {
        const { body } = await coordinator.api('GET', `/api/v1/exports/${id}`);
        if (body.state === 'done' || body.state === 'failed') return body;
        await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('the export did not end within 30 s');
}

export async function makeExport(coordinator, project, body, options = {}) {
    const made = await coordinator.api('POST', `/api/v1/projects/${project}/exports`, { body, ...options });
    if (made.status !== 202) throw new Error(`making an export: ${made.status} ${JSON.stringify(made.body)}`);
    return waitExport(coordinator, made.body.id);
}

export async function download(coordinator, id, name) {
    const response = await fetch(`${coordinator.url}/api/v1/exports/${id}/files/${name}`,
        { headers: { authorization: `Bearer ${coordinator.adminToken}` } });
    if (!response.ok) throw new Error(`fetching ${name}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
}
