// The opinion fit, CPU of one thread: a real conversation of 2,031 people and one of 33,422 that was made up. The anchor is a plain
// numpy version of the same formulas in the same run (Debian's python3-numpy); beside it what Polis's engine and the Python port
// took on another machine, from the data's own reference files.
import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { print } from './support.mjs';

const data = process.env.PLENUM_TEST_DATA ?? resolve(import.meta.dirname, '../../shared/data');
const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const ROUNDS = Number(process.env.PLENUM_BENCH_ROUNDS ?? 3);

const ours = (...args) => JSON.parse(execFileSync(join(process.env.PLENUM_BUILD, 'bench', 'opinion'), args, { encoding: 'utf8' }));
function numpy(...args) {
  const { status, stdout } = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'opinion_anchor.py'), ...args],
    { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' } });
  return status === 0 ? JSON.parse(stdout) : null;
}
const least = (list, of) => Math.min(...list.map((one) => one[of]));

// In turn, the least of each.
function measure(name, rounds, args, elsewhere) {
  const own = [], theirs = [];
  for (let round = 0; round < rounds; round++) {
    own.push(ours(...args));
    const one = numpy(...args);
    if (one !== null) theirs.push(one);
  }
  const cold = least(own, 'cold_ms'), anchor = theirs.length > 0 ? least(theirs, 'cold_ms') : null;
  print(`${name}_cold`, cold, 'ms', anchor === null ? 'numpy is not installed' : `plain numpy: ${anchor.toFixed(0)} ms`, anchor === null ? null : cold / anchor);
  for (const [what, ms] of elsewhere) print(`${name}_cold`, cold, 'ms', `${what}, another machine: ${ms.toFixed(0)} ms`, cold / ms);
  const warm = least(own, 'warm_most_ms');
  print(`${name}_100_more_votes`, warm, 'ms', anchor === null ? null : `plain numpy, all anew: ${anchor.toFixed(0)} ms`, anchor === null ? null : warm / anchor);
  print(`${name}_20_resamples`, least(own, 'stability_ms'), 'ms', 'the cold fit', least(own, 'stability_ms') / cold);
  print(`${name}_bridging`, least(own, 'bridging_ms'), 'ms', 'the cold fit', least(own, 'bridging_ms') / cold);
}

async function synthetic(source) {
  const file = join(folder, 'votes.csv'), out = createWriteStream(file);
  out.write('timestamp,datetime,comment-id,voter-id,vote\n');
  let n = 0;
  for (const line of gunzipSync(readFileSync(source)).toString().trim().split('\n')) {
    const [participant, statement, vote] = line.split(' ');
    if (!out.write(`${++n},,${statement},${participant},${-Number(vote)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  return file;
}

const green = join(data, 'polis', 'american-assembly.bowling-green'), made = join(data, 'polis-synthetic');
if (!existsSync(green) || !existsSync(made)) {
  console.error('opinion: the real data are not here (../shared/data or PLENUM_TEST_DATA)');
  process.exit(0);
}
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
const engine = json(green, 'reference', 'polis-clojure', 'timing.json'), port = json(green, 'reference', 'red-dwarf', 'summary.json');
measure('opinion_2031_x_896', ROUNDS, [join(green, 'participants-votes.csv'), join(green, 'reference', 'moderated_out_tids.txt')],
  [["Polis's engine", Math.min(...engine.cold_cpu_ms)], ['red-dwarf', Math.min(...port.cpu_ms)]]);
const large = json(made, 'reference', 'red-dwarf', 'summary.json');
measure('opinion_33422_x_783', 1, [await synthetic(join(made, 'votes.txt.gz'))], [['red-dwarf', Math.min(...large.cpu_ms)]]);
