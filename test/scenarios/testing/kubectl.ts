/** The kubectls the scenarios are played with: Debian's old one, and whatever is on the PATH. */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { must, run } from './run.ts';

export interface Kubectl {
  /** `1.20`, as it names itself. */
  readonly version: string;
  readonly file: string;
}

const exists = (file: string): Promise<boolean> => access(file).then(() => true, () => false);

/** Debian's kubernetes-client, unpacked beside the system so that nothing there is replaced. */
async function debianKubectl(): Promise<string> {
  const home = join(tmpdir(), 'knarr-kubectl-debian');
  const file = join(home, 'usr', 'bin', 'kubectl');
  if (await exists(file)) return file;
  const draft = await mkdtemp(`${home}-`);
  try {
    const fetch = () => run('sh', ['-c', `cd ${draft} && apt-get download kubernetes-client`]);
    if ((await fetch()).code !== 0) {
      await run('apt-get', ['update']);
      await must('sh', ['-c', `cd ${draft} && apt-get download kubernetes-client`]);
    }
    await must('sh', ['-c', `cd ${draft} && dpkg -x kubernetes-client_*.deb .`]);
    await mkdir(dirname(home), { recursive: true });
    await rename(draft, home).catch(() => {}); // another test was quicker
    return file;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Every kubectl there is, the oldest first. */
export async function kubectls(): Promise<readonly Kubectl[]> {
  const debian = await debianKubectl();
  const onPath = (await run('sh', ['-c', 'command -v kubectl'])).stdout.trim();
  return Promise.all([debian, ...(onPath === '' ? [] : [onPath])].map(async (file) => ({ file, version: await versionOf(file) })));
}

async function versionOf(file: string): Promise<string> {
  const said = await must(file, ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(said) as { clientVersion: { major: string; minor: string; gitVersion: string } };
  return `${clientVersion.major}.${clientVersion.minor.replace(/\D/g, '')}`;
}

/** Puts a kubectl before all others on the PATH. */
export const pathWith = ({ file }: Kubectl): string => `${dirname(file)}:${process.env.PATH ?? ''}`;
