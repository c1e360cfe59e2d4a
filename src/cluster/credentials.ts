import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { readText, writeWhole } from './files.ts';
import type { Layout } from './layout.ts';
import { ensurePki, requirePair } from './pki/ensure.ts';
import { kubeconfig } from './pki/kubeconfig.ts';
import type { Settings } from './settings.ts';

/** Every certificate and the admin's kubeconfig, made or renewed where needed. @returns names of the new certificates */
export async function ensureCredentials(layout: Layout, settings: Settings, effects: { clock: Clock; random: Random }): Promise<readonly string[]> {
  const renewed = await ensurePki(layout, {
    ...settings,
    nodes: settings.nodes.map(({ name, address }) => ({ name, addresses: [address, '127.0.0.1'] })),
  }, effects);
  const text = await adminKubeconfig(layout, settings);
  if ((await readText(layout.adminKubeconfig)) !== text) await writeWhole(layout.adminKubeconfig, text);
  return renewed;
}

export async function adminKubeconfig(layout: Layout, settings: Settings): Promise<string> {
  const ca = await requirePair(layout, 'ca');
  return kubeconfig({
    server: `https://127.0.0.1:${settings.port}`, caPem: ca.cert, user: 'kubernetes-admin', pair: await requirePair(layout, 'admin'),
  });
}
