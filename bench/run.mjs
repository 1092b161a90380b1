// make bench: runs every bench/*.bench.mjs one after the other. Each prints JSON lines {name, value, unit, anchor, ratio}.
import { readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const build = resolve(process.argv[process.argv.indexOf('--build') + 1] ?? 'build');
const only = process.argv.slice(4);
let failed = 0;
for (const file of readdirSync(here).filter((name) => name.endsWith('.bench.mjs')).sort()) {
  if (only.length > 0 && !only.some((word) => file.startsWith(word))) continue;
  const { status } = spawnSync(process.execPath, [join(here, file)], {
    stdio: 'inherit',
    env: { ...process.env, PLENUM_BUILD: build },
  });
  if (status !== 0) {
    console.error(`bench: ${file} failed`);
    failed++;
  }
}
process.exit(failed === 0 ? 0 : 1);
