// Runs the tests: node tests/run.mjs --build build [KIND or FILE...]. Kinds: unit (programs under BUILD/unit, by
// cmocka) and the folders of *.test.mjs beside this file; only when it is named: soak, the long ones (*.soak.mjs), with
// what they measured. One line a file; the output of what failed; at last `N passed, M failed` and, when there are any,
// `, K skipped`.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const KINDS = ['unit', 'http', 'api', 'browser', 'faults', 'fits', 'data'];
const LONG_KINDS = ['soak'];
const ALONE = /faults\/(overload|storm)\.test|\.soak\.mjs$/;
const FILE_MS = 20 * 60_000;
const LONG_FILE_MS = 3 * 60 * 60_000;
const OUTPUT_MAX_CHARS = 4 * 1024 * 1024;
const SHOWN_MAX_LINES = 400;

function usage(message) {
    console.error(`${message}\nusage: node tests/run.mjs [--build FOLDER] [KIND or FILE...]   (kinds: ${[...KINDS, ...LONG_KINDS].join(' ')})`);
    process.exit(2);
}

function filesUnder(folder) {
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));
}

function isProgram(path) {
    try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile() && path.endsWith('_test');
    } catch {
        return false;
    }
}

// --- one file --------------------------------------------------------------------------------------------------------
function run(command, args, env, most_ms) {
    return new Promise((done) => {
        const began = performance.now();
        const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
        let out = '';
        let all = '';
        let late = false;
        const timer = setTimeout(() => {
            late = true;
            child.kill('SIGKILL');
        }, most_ms);
        child.stdout.setEncoding('utf8').on('data', (text) => {
            out = (out + text).slice(-OUTPUT_MAX_CHARS);
            all = (all + text).slice(-OUTPUT_MAX_CHARS);
        });
        child.stderr.setEncoding('utf8').on('data', (text) => {
            all = (all + text).slice(-OUTPUT_MAX_CHARS);
        });
        const end = (how, ok) => {
            clearTimeout(timer);
            done({ out, all, ok, how: late ? `ended after ${most_ms / 60_000} minutes` : how, ms: performance.now() - began });
        };
        child.once('error', (error) => end(error.message, false));
        child.once('close', (code, signal) => end(code === null ? `ended by ${signal}` : `exit status ${code}`, code === 0));
    });
}

const count = (text, pattern) => [...text.matchAll(pattern)].length;

// cmocka's TAP: "ok N - name", "not ok N - name", "ok N # SKIP name".
function readProgram(result) {
    const skipped = count(result.out, /^(not )?ok \d+ .*# SKIP/gm);
    const failed = count(result.out, /^not ok \d+\b(?! .*# SKIP)/gm);
    return { passed: count(result.out, /^ok \d+/gm) - count(result.out, /^ok \d+ .*# SKIP/gm), failed, skipped };
}

// Node's TAP: the summary at the end, of tests that have no tests inside.
function readNode(result) {
    const value = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(result.out)?.[1] ?? 0);
    return { passed: value('pass'), failed: value('fail') + value('cancelled'), skipped: value('skipped') + value('todo') };
}

async function runFile(kind, path, build) {
    const env = { ...process.env, PLENUM_BUILD: build, PLENUM_TEST_DATA: process.env.PLENUM_TEST_DATA ?? resolve(root, '../shared/data') };
    const most_ms = path.endsWith('.soak.mjs') ? LONG_FILE_MS : FILE_MS;
    const result = kind === 'unit'
        ? await run(path, [], { ...env, CMOCKA_MESSAGE_OUTPUT: 'TAP' }, most_ms)
        : await run(process.execPath, ['--test', '--test-reporter=tap', path], env, most_ms);
    const tally = (kind === 'unit' ? readProgram : readNode)(result);
    // A crash, or a program that tested nothing, is a failure of its own.
    let why = '';
    if (!result.ok && tally.failed === 0) why = result.how;
    else if (tally.passed + tally.failed + tally.skipped === 0) why = 'no test was run';
    if (why !== '') tally.failed++;
    return { ...result, ...tally, why };
}

// --- all of them -----------------------------------------------------------------------------------------------------
// Lines of tests that passed tell nothing when one failed.
function withoutNoise(text) {
    return text.split('\n').filter((line) => !/^\s*(ok \d+|1\.\.\d+$|TAP version)/.test(line));
}

function report(kind, path, result, build) {
    const name = relative(kind === 'unit' ? join(build, 'unit') : join(root, 'tests'), path);
    const parts = [`${result.passed} passed`];
    if (result.failed > 0) parts.push(`${result.failed} failed`);
    if (result.skipped > 0) parts.push(`${result.skipped} skipped`);
    const label = kind === 'unit' ? `unit ${name}` : name;
    console.log(`${result.failed > 0 ? 'FAIL' : 'ok  '} ${label}: ${parts.join(', ')} (${(result.ms / 1000).toFixed(1)} s)`);
    if (path.endsWith('.soak.mjs')) for (const [, figures] of result.out.matchAll(/^# (\{.*\})$/gm)) console.log(`     ${figures}`);
    if (result.failed === 0) {
        for (const reason of new Set([...result.out.matchAll(/# SKIP (.*)$/gm)].map((found) => found[1].trim())))
            if (reason !== '') console.log(`     skipped: ${reason}`);
        return;
    }
    if (result.why !== '') console.log(`     ${result.why}`);
    const lines = withoutNoise(result.all);
    if (lines.length > SHOWN_MAX_LINES) console.log(`     (the last ${SHOWN_MAX_LINES} of ${lines.length} lines)`);
    for (const line of lines.slice(-SHOWN_MAX_LINES)) console.log(`     ${line}`);
}

function parse(argv) {
    let build = resolve(root, 'build');
    const words = [];
    for (let i = 0; i < argv.length; i++) {
        if (argv[i] === '--build') build = resolve(argv[++i] ?? usage('--build wants a folder'));
        else if (argv[i].startsWith('-')) usage(`unknown flag ${argv[i]}`);
        else words.push(argv[i]);
    }
    const tasks = [];
    const ofKind = (kind) => (kind === 'unit'
        ? filesUnder(join(build, 'unit')).filter(isProgram)
        : filesUnder(join(root, 'tests', kind)).filter((path) => path.endsWith(kind === 'soak' ? '.soak.mjs' : '.test.mjs')));
    for (const word of words.length > 0 ? words : KINDS) {
        if (KINDS.includes(word) || LONG_KINDS.includes(word)) tasks.push(...ofKind(word).map((path) => ({ kind: word, path })));
        else if (existsSync(word)) tasks.push({ kind: word.endsWith('.mjs') ? 'file' : 'unit', path: resolve(word) });
        else usage(`${word} is neither a kind nor a file`);
    }
    return { build, tasks };
}

const { build, tasks } = parse(process.argv.slice(2));
const total = { passed: 0, failed: 0, skipped: 0 };
// Unit programs run side by side, and the servers and browsers of three files: while one waits, another works. What measures or
// fills the machine is alone.
const cores = availableParallelism?.() ?? cpus().length;
const isAlone = ({ path }) => ALONE.test(path);
const groups = [[(one) => one.kind === 'unit', Math.min(cores, 4)], [(one) => one.kind !== 'unit' && !isAlone(one), Math.min(cores + 1, 3)], [isAlone, 1]];
for (const [belongs, width] of groups) {
    const group = tasks.filter(belongs);
    let next = 0;
    const worker = async () => {
        while (next < group.length) {
            const { kind, path } = group[next++];
            const result = await runFile(kind, path, build);
            report(kind, path, result, build);
            for (const name of Object.keys(total)) total[name] += result[name];
        }
    };
    await Promise.all(Array.from({ length: width }, worker));
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
