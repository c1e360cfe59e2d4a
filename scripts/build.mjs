// Bundles what users and tests run into dist/: one file per process, with our dependencies inside and what is loaded
// lazily in chunks of its own. Built beside dist/ and renamed, so that a running knarr never sees half a bundle.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Copied into an image: a file by itself. */
const ALONE = { 'test-server': 'test/images/server/main.ts' };

const ENTRIES = {
  knarr: 'src/cluster/main.ts',
  supervisor: 'src/cluster/supervisor/main.ts',
  'control-plane': 'src/cluster/control-plane/main.ts',
  'yaml-program': 'src/cluster/control-plane/yaml-program.ts',
  agent: 'src/cluster/agent/main.ts',
  component: 'src/cluster/component/main.ts',
  kit: 'src/kit/index.ts',
  client: 'src/kit/client/index.ts',
  operator: 'src/kit/operator/index.ts',
  testing: 'src/kit/testing/index.ts',
  bench: 'test/bench/main.ts',
  'bench-reporting': 'test/bench/reporting.ts',
  conformance: 'test/conformance/main.ts',
};

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const outdir = await mkdtemp('.dist-'); // for its maker alone
await chmod(outdir, 0o755);
try {
  const bundled = (entries, splitting) => build({
    entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
    outdir,
    bundle: true,
    splitting,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: true,
    define: { KNARR_VERSION: JSON.stringify(version) },
    // CommonJS inside the bundle asks for node's own modules by require().
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  await Promise.all([bundled(ENTRIES, true), bundled(ALONE, false)]);
  const old = `${outdir}.old`;
  if (existsSync('dist')) await rename('dist', old).catch(() => {});
  await rename(outdir, 'dist');
  await rm(old, { recursive: true, force: true });
} finally {
  await rm(outdir, { recursive: true, force: true });
}
