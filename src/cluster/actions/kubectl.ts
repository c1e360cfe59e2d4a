import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Refusal, type ClusterRef } from '../../cli/index.ts';
import { layoutOf } from '../layout.ts';
import { which } from '../machine/packages.ts';

/** Resolves with kubectl's own exit code. */
export async function kubectl({ dataDir, args }: ClusterRef & { readonly args: readonly string[] }): Promise<number> {
  const { adminKubeconfig } = layoutOf(dataDir);
  if (!existsSync(adminKubeconfig)) throw new Refusal(`there is no cluster in ${dataDir}`, 'make one with: knarr up');
  const program = await which('kubectl');
  if (program === undefined) throw new Refusal('kubectl is not on the PATH', 'on Debian: apt-get install kubernetes-client');
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: adminKubeconfig } });
  // An interrupt goes to the whole group; kubectl decides what becomes of it.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
