// Fits, features and scores beside what others take for the same data in the same run: bench/reward.c leaves its pairs and
// texts in a folder, bench/reward_anchor.py takes those (Debian's python3-sklearn and python3-torch; what is missing is
// printed beside the figure instead). Ours and theirs in turn, the best of several.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from './support.mjs';

const ROUNDS = Number(process.env.PLENUM_BENCH_ROUNDS ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const best = new Map(); // name: {value, unit, more}
function take(program, args, env = {}) {
  const { stdout, status, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  if (stderr) process.stderr.write(stderr);
  for (const line of (stdout ?? '').split('\n').filter((text) => text.startsWith('{'))) {
    const { name, value, unit, ...more } = JSON.parse(line);
    const higher = unit.endsWith('/s');
    const before = best.get(name);
    if (before === undefined || (higher ? value > before.value : value < before.value)) best.set(name, { value, unit, more });
  }
  return status === 0;
}

const threads = { OMP_NUM_THREADS: '2', OPENBLAS_NUM_THREADS: '2' };
const anchor = (...names) => take('/usr/bin/python3', [join(import.meta.dirname, 'reward_anchor.py'), folder, ...names], threads);
for (let round = 0; round < ROUNDS; round++) {
  if (!take(join(process.env.PLENUM_BUILD, 'bench', 'reward'), [folder])) process.exit(1);
  anchor('torch_lbfgs', 'sklearn_logistic', 'numpy_score', 'hashing_vectorizer');
}
anchor('numpy_em', 'sklearn_em');

// [ours, theirs, what theirs is, the figure where theirs could not be run]
for (const [name, theirs, what, figure] of [
  ['logistic_200k_x_384', 'torch_lbfgs', 'torch L-BFGS', 1.26],
  ['logistic_200k_x_384', 'sklearn_logistic', 'scikit-learn LogisticRegression', null],
  ['fused_pass_200k_x_384', null, 'reading the same bytes once, measured elsewhere', 13.2],
  ['em_5_heads_200k_x_384_2000_annotators', 'sklearn_em', 'EM on scikit-learn', 30],
  ['em_5_heads_200k_x_384_2000_annotators', 'numpy_em', 'EM on numpy, whole Newton steps', 15],
  ['score_200k_x_384_x_5_maxmin', 'numpy_score', 'numpy, one product', null],
  ['score_prompt_by_prompt_one_thread', 'score_200k_x_384_x_5_maxmin', 'many at once', null],
  ['featurise_with_style', 'hashing_vectorizer', 'scikit-learn HashingVectorizer, one thread', 0.35],
  ['featurise_ngrams', 'hashing_vectorizer', 'scikit-learn HashingVectorizer, one thread', 0.35],
  ['featurise_with_style_one_thread', 'hashing_vectorizer', 'scikit-learn HashingVectorizer, one thread', 0.35],
  ['featurise_1kib_one_thread', 'sha256_of_1kib', 'sha256 of the same bytes', null],
  ['score_8_candidates_of_1kib', 'sha256_of_1kib', 'sha256 of 1 KiB', null],
]) {
  const own = best.get(name);
  const other = theirs === null ? undefined : best.get(theirs);
  const value = other?.value ?? figure;
  const named = other ? `${what}: ${Number(value.toPrecision(4))} ${other.unit}` : value !== null ? `${what}, another day: ${value} ${own.unit}` : null;
  print(name, own.value, own.unit, named, value === null ? null : own.value / value);
}
const { above_optimum: above } = best.get('logistic_200k_x_384').more;
print('logistic_above_the_optimum', above * 1e6, 'millionths of it', 'goal: 1 millionth', above * 1e6);
