// Builds web-static/src into web-static/dist: hashed, immutable names under /assets/, one index.html for every page,
// each file beside its brotli and gzip copy, and manifest.json that says what may be cached for ever.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const out = join(root, 'dist.new');

// What a first visit to the landing page may weigh, compressed (PEOPLE: 60 KB).
const FIRST_VIEW_LIMIT = 60 * 1024;

const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.json': 'application/json',
    '.txt': 'text/plain; charset=utf-8',
};

async function bundle() {
    const result = await build({
        absWorkingDir: root,
        entryPoints: ['src/main.js', 'src/styles/main.css', 'src/mark.svg'],
        bundle: true,
        splitting: true,
        format: 'esm',
        minify: true,
        target: ['es2022'],
        charset: 'utf8',
        legalComments: 'none',
        outdir: join(out, 'assets'),
        entryNames: '[name]-[hash]',
        chunkNames: '[name]-[hash]',
        assetNames: '[name]-[hash]',
        loader: { '.ftl': 'text', '.svg': 'copy' },
        define: { INTERFACE_VERSION: JSON.stringify(await interfaceVersion()) },
        metafile: true,
        logLevel: 'warning',
    });
    return result.metafile;
}

// A judgment names the interface it was made with: the hash of every source file that draws it.
async function interfaceVersion() {
    const hash = createHash('sha256');
    for (const path of await filesUnder(join(root, 'src'))) {
        hash.update(relative(root, path)).update('\0').update(await readFile(path)).update('\0');
    }
    hash.update(await readFile(join(root, 'package-lock.json')));
    return 'web-' + hash.digest('hex').slice(0, 12);
}

async function filesUnder(folder) {
    const found = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) found.push(...(await filesUnder(path)));
        else found.push(path);
    }
    return found.sort();
}

function outputOf(metafile, source) {
    const found = Object.entries(metafile.outputs).find(
        ([, output]) => output.entryPoint === source || Object.keys(output.inputs).join() === source,
    );
    if (!found) throw new Error(`nothing was built from ${source}`);
    return found[0];
}

// The output and all it imports at once (not what it loads later).
function closure(metafile, start, seen = new Set()) {
    if (seen.has(start)) return seen;
    seen.add(start);
    for (const next of metafile.outputs[start].imports) {
        if (next.kind === 'import-statement') closure(metafile, next.path, seen);
    }
    return seen;
}

async function writePage(metafile) {
    const address = (output) => '/assets/' + output.split('/assets/')[1];
    const script = outputOf(metafile, 'src/main.js');
    const preload = [...closure(metafile, script)].filter((path) => path !== script);
    const template = await readFile(join(root, 'src/index.html'), 'utf8');
    const page = template
        .replace('%SCRIPT%', address(script))
        .replace('%STYLE%', address(outputOf(metafile, 'src/styles/main.css')))
        .replace('%ICON%', address(outputOf(metafile, 'src/mark.svg')))
        .replace('%PRELOAD%', preload.map((path) => `<link rel="modulepreload" href="${address(path)}">`).join('\n'));
    await writeFile(join(out, 'index.html'), page);
}

async function compress(path) {
    const bytes = await readFile(path);
    const br = await promisify(brotliCompress)(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    const gz = await promisify(gzip)(bytes, { level: 9 });
    await writeFile(path + '.br', br);
    await writeFile(path + '.gz', gz);
    const name = '/' + relative(out, path);
    return {
        path: name,
        type: TYPES[extname(path)] ?? 'application/octet-stream',
        etag: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
        immutable: name.startsWith('/assets/'),
        size: bytes.length,
        br: br.length,
        gz: gz.length,
    };
}

function firstView(metafile, files) {
    const starts = ['src/main.js', 'src/pages/landing.js', 'src/locales/en/core.ftl', 'src/styles/main.css'];
    const needed = new Set(starts.flatMap((source) => [...closure(metafile, outputOf(metafile, source))]));
    const names = new Set([...needed].map((path) => '/assets/' + path.split('/assets/')[1]).concat('/index.html'));
    return files.filter((file) => names.has(file.path)).reduce((sum, file) => sum + file.br, 0);
}

await rm(out, { recursive: true, force: true });
await mkdir(join(out, 'assets'), { recursive: true });
const metafile = await bundle();
await writePage(metafile);
const files = await Promise.all((await filesUnder(out)).map(compress));
await writeFile(join(out, 'manifest.json'), JSON.stringify({ files }, null, 1) + '\n');
await rm(join(root, 'dist'), { recursive: true, force: true });
await rename(out, join(root, 'dist'));

const weight = firstView(metafile, files);
if (process.argv.includes('--sizes')) {
    for (const file of files) console.log(String(file.size).padStart(8), String(file.br).padStart(7), file.path);
}
console.log(`web-static: ${files.length} files, first view ${(weight / 1024).toFixed(1)} KB compressed`);
if (weight > FIRST_VIEW_LIMIT) {
    console.error(`web-static: the first view is over its limit of ${FIRST_VIEW_LIMIT / 1024} KB`);
    process.exit(1);
}
