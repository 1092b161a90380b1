// A refit after 1 % new judgments beside a full fit of the same million, by method: the best of two rounds in turn.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { print } from './support.mjs';

const methods = (process.env.BENCH_METHODS ?? 'pooled group maxmin jury').split(' ');
const { stdout, status, stderr } = spawnSync(join(process.env.PLENUM_BUILD, 'bench', 'refit'), methods, { encoding: 'utf8' });
if (status !== 0) {
  process.stderr.write(stderr);
  process.exit(1);
}
const found = new Map(stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).map(({ name, value }) => [name, value]));
for (const method of methods) {
  const full = found.get(`full_fit_${method}`);
  const refit = found.get(`refit_${method}`);
  print(`refit_${method}_1m_after_1_percent`, refit, 's', `a full fit of the same: ${full} s`, refit / full);
}
