// schema/schema.sql is what the migrations make: whoever changes one changes the other, and a reader sees both.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../support/coordinator.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the golden schema is up to date (make schema writes it anew)', () => {
    const fresh = execFileSync('tools/golden-schema', [build], { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
    const golden = readFileSync(`${root}schema/schema.sql`, 'utf8');
    if (fresh === golden) return;
    const lines = (text) => text.split('\n');
    const [made, kept] = [new Set(lines(fresh)), new Set(lines(golden))];
    const differing = [...lines(golden).filter((line) => !made.has(line)).map((line) => `- ${line}`),
        ...lines(fresh).filter((line) => !kept.has(line)).map((line) => `+ ${line}`)];
    assert.fail(`run "make schema":\n${differing.slice(0, 40).join('\n')}`);
});
