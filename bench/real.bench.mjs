// The tables of docs/methods.md section 5, made anew: helpful against harmless at four ratios, POPQUORN by race and by annotator, choices
// on Polis's conversations, and planted truth. Mean and standard error over splits by prompt, each split's figure beside them. Anchors:
// scikit-learn on the same pairs and splits (PLENUM_BENCH_ANCHORS=1; a quarter of an hour). PLENUM_BENCH_SPLITS: so many (5);
// PLENUM_BENCH_SEEDS: of planted truth (1 a cell, and where there is one taste 8; the table has 8 and 40).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { popquorn, toLines, twoTastes } from '../tests/support/fit-data.mjs';

const data = process.env.PLENUM_TEST_DATA ?? resolve(import.meta.dirname, '../../shared/data');
const build = process.env.PLENUM_BUILD;
const SPLITS = Number(process.env.PLENUM_BENCH_SPLITS ?? 5);
const SEEDS = Number(process.env.PLENUM_BENCH_SEEDS ?? 1);
const folder = mkdtempSync(join(tmpdir(), 'plenum-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const taken = new Map();
const take = (name, value) => taken.set(name, [...taken.get(name) ?? [], value]);
function printAll() {
  for (const [name, each] of taken) {
    const mean = each.reduce((sum, x) => sum + x, 0) / each.length;
    const se = each.length > 1 ? Math.sqrt(each.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (each.length - 1) / each.length) : null;
    const round = (x) => x === null ? null : Number(x.toFixed(4));
    console.log(JSON.stringify({ name, value: round(mean), se: round(se), each: each.map(round) }));
  }
  taken.clear();
}
const fit = (file, split, method, ...more) => JSON.parse(execFileSync(join(build, 'plenum'),
  ['fit', '--file', file, '--method', method, '--out', join(folder, 'out'), '--split', String(split), '--quiet', ...more], { encoding: 'utf8' }));
const lines = (program, ...args) => execFileSync(join(build, 'bench', program), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function tastes(files) {
  const dealt = [];
  for (const [ratio, helpful, harmless] of [[1, 40, 40], [3, 60, 20], [6, 120, 20], [10, 200, 20]]) {
    const file = join(folder, `tastes-${ratio}.jsonl`);
    writeFileSync(file, toLines(twoTastes(files, { helpful, harmless }, 75)));
    dealt.push(file);
    for (let split = 0; split < SPLITS; split++) {
      for (const method of ['group', 'maxmin']) {
        const card = fit(file, split, method, '--attribute', 'taste');
        for (const [what, view] of [[method, card], ['pooled', card.pooled]]) {
          if (what === 'pooled' && method !== 'group') continue;
          for (const { value, accuracy, log_loss: loss } of view.groups.filter((group) => group.attribute === 'taste')) {
            take(`tastes_${ratio}_to_1_${what}_${value}_accuracy`, accuracy);
            take(`tastes_${ratio}_to_1_${what}_${value}_log_loss`, loss);
          }
        }
        take(`tastes_${ratio}_to_1_${method}_supported`, Number(card.supported));
        if (method === 'maxmin') take(`tastes_${ratio}_to_1_k`, card.k);
      }
    }
    printAll();
  }
  if (!process.env.PLENUM_BENCH_ANCHORS) return;
  const { stdout } = spawnSync('/usr/bin/python3', [join(import.meta.dirname, 'tastes_anchor.py'), ...dealt, '--splits', String(SPLITS)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  process.stdout.write(stdout);
}

function ratings(source) {
  const file = join(folder, 'popquorn.jsonl');
  writeFileSync(file, toLines(popquorn(source)));
  const worst = (view) => Math.min(...view.groups.filter(({ attribute }) => attribute === 'race').map(({ accuracy }) => accuracy));
  for (let split = 0; split < SPLITS; split++) {
    for (const method of ['group', 'maxmin']) {
      const card = fit(file, split, method, '--attribute', 'race');
      for (const [what, view] of [[method, card], ['pooled', card.pooled]]) {
        if (what === 'pooled' && method !== 'group') continue;
        take(`popquorn_${what}_accuracy`, view.all.accuracy);
        take(`popquorn_${what}_log_loss`, view.all.log_loss);
        take(`popquorn_${what}_worst_race_accuracy`, worst(view));
      }
      take(`popquorn_${method}_worst_race_gain`, worst(card) - worst(card.pooled));
      take(`popquorn_${method}_supported`, Number(card.supported));
      if (method === 'maxmin') take('popquorn_k', card.k);
    }
    const card = fit(file, split, 'jury');
    for (const who of ['content', 'raters', 'people']) {
      take(`popquorn_jury_${who}_mae`, card.jury.ratings[who].mae);
      take(`popquorn_jury_${who}_r`, card.jury.ratings[who].r);
    }
  }
  printAll();
}

process.stdout.write(lines('planted', String(SEEDS), String(5 * SEEDS + 3)));
const files = { helpful: join(data, 'helpful-vs-harmless/helpful.jsonl.gz'), harmless: join(data, 'helpful-vs-harmless/harmless.jsonl.gz') };
if (!existsSync(files.helpful) || !existsSync(join(data, 'popquorn')) || !existsSync(join(data, 'polis'))) {
  console.error('real: the real data are not here (../shared/data or PLENUM_TEST_DATA)');
  process.exit(0);
}
tastes(files);
ratings(join(data, 'popquorn/offensiveness.csv'));
const conversations = readdirSync(join(data, 'polis')).map((name) => join(data, 'polis', name, 'participants-votes.csv')).filter(existsSync);
process.stdout.write(lines('selection', ...conversations));
