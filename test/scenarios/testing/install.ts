/** Debian packages that a scenario needs and a machine may lack. */
import { machineExec } from '../../../src/cluster/machine/exec.ts';
import { which } from '../../../src/cluster/machine/packages.ts';

/** Until the program is there. @throws Error where it cannot be had */
export async function installed(program: string, name: string): Promise<string> {
  const found = await which(program);
  if (found !== undefined) return found;
  // A service that comes with it is the scenario's to start, or not (invoke-rc.d(8)).
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Another scenario, or the machine itself, may be installing something too.
  const args = ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', name];
  for (let tries = 1; ; tries++) {
    const { code, stderr } = await machineExec.run('apt-get', args, { env });
    const there = await which(program);
    if (there !== undefined) return there;
    if (tries === 3) throw new Error(`apt-get could not install ${name} (${code}): ${stderr}`);
    await machineExec.run('apt-get', ['update'], { env });
  }
}
