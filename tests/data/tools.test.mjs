// What `make check` promises to find, it finds.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tools = fileURLToPath(new URL('../../tools/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'plenum-test-tools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// Stand-ins: one package is missing, and apt-get is noisy, and fails when it is told to.
function bareMachine(fails) {
    const bin = join(folder, `bin-${fails}`);
    mkdirSync(bin);
    const program = (name, body) => {
        writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
        chmodSync(join(bin, name), 0o755);
    };
    program('dpkg-query', 'for name; do case "$name" in -* | zlib1g-dev) ;; *) printf " %s=installed " "$name" ;; esac; done');
    program('dpkg', 'exit 0');
    program('sudo', 'exec "$@"');
    program('apt-get', `echo "perl: warning: Setting locale failed."; echo "debconf: unable to initialize" >&2\ncase "$*" in *install*) exit ${fails} ;; esac`);
    return { ...process.env, PATH: `${bin}:${process.env.PATH}` };
}

test('installing says what it installs and nothing else, unless it fails', () => {
    const good = spawnSync(join(tools, 'install-deps'), ['run'], { env: bareMachine(0), encoding: 'utf8' });
    assert.deepEqual([good.status, good.stdout, good.stderr], [0, 'installing with apt: zlib1g-dev\n', '']);
    const bad = spawnSync(join(tools, 'install-deps'), ['run'], { env: bareMachine(100), encoding: 'utf8' });
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /debconf: unable/);
});

test('a step says how long it took, and one that fails ends it all', () => {
    const step = (...command) => spawnSync(join(tools, 'step'), ['done', ...command], { encoding: 'utf8' });
    assert.match(step('echo', 'words').stdout, /^words\n +\d+\.\d\d s  done\n$/);
    const failed = step('false');
    assert.deepEqual([failed.status, failed.stdout], [1, '']);
});

test('a function over the limit is found by place and length; tables are none', () => {
    const file = join(folder, 'long.c');
    const long = (n) => `int f${n}(void)\n{\n${'    g();\n'.repeat(n - 2)}}\n`;
    writeFileSync(file, `static const int table[] = {\n${'    1,\n'.repeat(200)}};\n${long(100)}`);
    assert.equal(spawnSync(join(tools, 'check-functions'), ['100', file]).status, 0);
    writeFileSync(file, long(100) + long(101));
    const { status, stdout } = spawnSync(join(tools, 'check-functions'), ['100', file], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [1, `${file}:103: a function of 101 lines\n`]);
});
