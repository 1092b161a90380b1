// Runs libFuzzer's targets, one after the other: node tests/fuzz/run.mjs --build build/fuzz --seconds 60 [TARGET...].
// Each begins with what is kept under tests/fuzz/corpus/TARGET; what it finds on top goes to BUILD/corpus/TARGET, and
// --merge writes the smallest set that covers both back to the kept one, beside those with names of their own. A line a
// target; an input that breaks one is left under BUILD/found, said, and fails the run: keep it under a name that says what
// it broke.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const options = { '--build': 'build/fuzz', '--seconds': '60' };
const named = [];
let merge = false;
for (let i = 2; i < process.argv.length; i++) {
    const word = process.argv[i];
    if (word in options) options[word] = process.argv[++i];
    else if (word === '--merge') merge = true;
    else named.push(word);
}
const build = resolve(root, options['--build']);

// Longer inputs than these reach nothing more, and cost time.
const LONGEST = { framing: 32768, request: 8192, document: 32768, merkle: 4096, import: 16384 };
const LONGEST_OTHERS = 8192;

function programs(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? programs(path) : entry.name.endsWith('_fuzz') ? [path] : [];
    });
}

function run(program, args) {
    const { status, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } });
    return { status, text: stderr };
}

const files = (folder) => (existsSync(folder) ? readdirSync(folder).length : 0);

let broken = 0;
for (const program of programs(join(build, 'fuzz')).sort((a, b) => (basename(a) < basename(b) ? -1 : 1))) {
    const target = basename(program).replace(/_fuzz$/, '');
    if (named.length > 0 && !named.includes(target)) continue;
    const kept = join(root, 'tests/fuzz/corpus', target), grown = join(build, 'corpus', target), found = join(build, 'found');
    const words = join(root, 'tests/fuzz/words', `${target}.dict`);
    for (const folder of [kept, grown, found]) mkdirSync(folder, { recursive: true });
    const length = `-max_len=${LONGEST[target] ?? LONGEST_OTHERS}`;
    const limits = ['-rss_limit_mb=2048', '-timeout=20', length, `-artifact_prefix=${found}/${target}-`];
    if (merge) {
        const smallest = mkdtempSync(join(build, 'merge-'));
        const { status, text } = run(program, ['-merge=1', '-use_counters=0', ...limits, smallest, kept, grown]);
        if (status !== 0) throw new Error(text.slice(-2000));
        for (const name of readdirSync(kept)) if (!/^[0-9a-f]{40}$/.test(name)) renameSync(join(kept, name), join(smallest, name));
        rmSync(kept, { recursive: true });
        renameSync(smallest, kept);
        console.log(`${target}: ${files(kept)} kept`);
        continue;
    }
    const began = performance.now();
    const { status, text } = run(program, [`-max_total_time=${options['--seconds']}`, '-print_final_stats=1', '-use_value_profile=1', ...limits,
        ...(existsSync(words) ? [`-dict=${words}`] : []), grown, kept]);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const executions = Number(/^stat::number_of_executed_units: (\d+)/m.exec(text)?.[1] ?? 0);
    const edges = Number([...text.matchAll(/ cov: (\d+)/g)].at(-1)?.[1] ?? 0);
    console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${target}: ${executions} executions, ${edges} edges covered, ${files(grown)} inputs over the ${files(kept)} kept, ${seconds} s`);
    if (status !== 0) {
        broken++;
        console.log(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).slice(-60).join('\n'));
    }
}
process.exitCode = broken > 0 ? 1 : 0;
