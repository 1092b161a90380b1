// Leaderboards from a million battles, in one process.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const { status } = spawnSync(join(process.env.PLENUM_BUILD, 'bench', 'battles'), { stdio: 'inherit' });
process.exit(status ?? 1);
