// What `make check` promises to find, it finds.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tools = fileURLToPath(new URL('../../tools/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'plenum-test-tools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a function over the limit is found by place and length; tables are none', () => {
    const file = join(folder, 'long.c');
    const long = (n) => `int f${n}(void)\n{\n${'    g();\n'.repeat(n - 2)}}\n`;
    writeFileSync(file, `static const int table[] = {\n${'    1,\n'.repeat(200)}};\n${long(100)}`);
    assert.equal(spawnSync(join(tools, 'check-functions'), ['100', file]).status, 0);
    writeFileSync(file, long(100) + long(101));
    const { status, stdout } = spawnSync(join(tools, 'check-functions'), ['100', file], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [1, `${file}:103: a function of 101 lines\n`]);
});
