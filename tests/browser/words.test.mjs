// The words of the interface: every language has every message, and every message that the source asks for exists.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../web-static/src/', import.meta.url));

async function messages(language) {
    const found = new Map();
    for (const file of await readdir(join(src, 'locales', language))) {
        const text = await readFile(join(src, 'locales', language, file), 'utf8');
        for (const [, id, pattern] of text.matchAll(/^([a-z][\w-]*) =(.*(?:\n[ \t]+.*|\n\}.*)*)/gm)) {
            assert.ok(!found.has(id), `${language}/${file} has ${id} twice`);
            found.set(id, { file, pattern });
        }
    }
    return found;
}

async function sources(folder = src) {
    const all = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) all.push(...(await sources(path)));
        else if (path.endsWith('.js')) all.push([path, await readFile(path, 'utf8')]);
    }
    return all;
}

const variables = (pattern) => [...new Set([...pattern.matchAll(/\$(\w+)/g)].map((match) => match[1]))].sort();

test('Arabic has every English message, in the same file, with the same variables', async () => {
    const [english, arabic] = await Promise.all([messages('en'), messages('ar')]);
    assert.ok(english.size > 200);
    assert.deepEqual([...english.keys()].filter((id) => !arabic.has(id)), []);
    assert.deepEqual([...arabic.keys()].filter((id) => !english.has(id)), []);
    for (const [id, one] of english) {
        assert.equal(arabic.get(id).file, one.file, id);
        assert.deepEqual(variables(arabic.get(id).pattern), variables(one.pattern), id);
    }
});

test('every message the source names exists, and none is left over', async () => {
    const english = await messages('en');
    const all = (await sources()).map(([, text]) => text).join('\n');
    const named = [...all.matchAll(/\b(?:t|written)\(\s*'([\w-]+)'/g)].map((match) => match[1]);
    assert.deepEqual(named.filter((id) => !english.has(id)), []);
    // What is put together from parts is named by its beginning: t(`state-${...}`).
    const prefixes = [...all.matchAll(/\bt\(\s*`([\w-]+)\$\{/g)].map((match) => match[1]);
    const unused = [...english.keys()].filter((id) => (
        !all.includes(`'${id}'`) && !prefixes.some((prefix) => id.startsWith(prefix))));
    assert.deepEqual(unused, []);
});
