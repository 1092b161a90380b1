// The coordinator's resident memory, idle: just started, and after it has worked (imports, fits, scores with each model,
// exports), at once and once its models have not been used for ten seconds. The anchor is the goal, 25 MB.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startCoordinator } from '../tests/support/coordinator.mjs';
import { exportFiles, importFile, makeProject, plenum, realData } from '../tests/support/dataset.mjs';
import { Worker } from '../tests/support/workers.mjs';

const GOAL_MIB = 25e6 / 1024 ** 2, SETTLE_MS = 3000, REST_MS = 12_000;
const map = fileURLToPath(new URL('../tests/data/popquorn.map.json', import.meta.url));
const ratings = realData('popquorn/offensiveness.csv');
const pairs = ['helpful', 'harmless'].map((name) => realData(`helpful-vs-harmless/${name}.jsonl.gz`));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function say(server, name, ms) {
  await pause(ms);
  const value = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
  console.log(JSON.stringify({ name: `coordinator_resident_${name}`, value: Number(value.toFixed(1)), unit: 'MiB', anchor: 'goal 25 MB', ratio: Number((value / GOAL_MIB).toFixed(2)) }));
}

async function work(server) {
  const projects = [];
  for (const file of [ratings, ...pairs, ratings]) {
    const rated = file === ratings;
    const project = await makeProject(server, { name: 'memory', task: rated ? { kind: 'rating', dimensions: ['offensiveness'] } : { kind: 'pairwise' } });
    await importFile(server, project, file, ...(rated ? ['--format', 'csv', '--map', map] : ['--format', 'hh', '--pairs-per-annotator', '50']));
    projects.push(project);
  }
  for (const project of projects) {
    for (const method of ['pooled', 'maxmin']) {
      const { status, out, err } = await plenum(server, 'fit', '--project', project, '--method', method, '--quiet');
      if (status !== 0) throw new Error(err);
      await server.api('POST', '/api/v1/score', { body: { model: JSON.parse(out).model_id, candidates: ['One answer.', 'Another one, at length.'] } });
    }
    await exportFiles(server, project, 'plenum,trl,csv');
  }
}

if (ratings === undefined || pairs.includes(undefined)) {
  console.error('bench: memory: the real data are not here (../shared/data or PLENUM_TEST_DATA)');
} else {
  const server = await startCoordinator({});
  const worker = (await new Worker(server, 'bench').enrol()).start();
  try {
    await say(server, 'started', SETTLE_MS);
    await work(server);
    await say(server, 'worked', SETTLE_MS);
    await say(server, 'rested', REST_MS);
  } finally {
    await worker.remove();
    await server.stop();
  }
}
