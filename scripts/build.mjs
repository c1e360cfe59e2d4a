// Bundles what users and tests run into dist/: one file per entry, every dependency of ours inside.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const entries = {
  knarr: 'src/cli/main.ts',
  kit: 'src/kit/index.ts',
  bench: 'test/bench/main.ts',
  conformance: 'test/conformance/main.ts',
};

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  packages: 'external',
  logLevel: 'warning',
});
