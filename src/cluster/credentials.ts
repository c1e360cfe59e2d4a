import { readText, writeWhole } from './files.ts';
import type { Layout } from './layout.ts';
import { ensurePki, renewLeaves, requirePair, type Effects } from './pki/ensure.ts';
import { kubeconfig } from './pki/kubeconfig.ts';
import { leafSpecs, type ClusterNames, type LeafSpec } from './pki/plan.ts';
import { LOOPS } from './component/names.ts';
import { nodeIpsOf } from './settings-families.ts';
import { LOOP_NAMES, type Settings } from './settings.ts';

/** Every certificate and kubeconfig, made or renewed where needed. @returns names of the new certificates */
export async function ensureCredentials(layout: Layout, settings: Settings, effects: Effects): Promise<readonly string[]> {
  const renewed = await ensurePki(layout, namesOf(settings), effects);
  await writeKubeconfigs(layout, settings);
  return renewed;
}

/** New certificates of these names, and kubeconfigs that hold them. */
export async function renewCredentials(layout: Layout, settings: Settings, { specs, ...effects }: Effects & { readonly specs: readonly LeafSpec[] }): Promise<void> {
  await renewLeaves(layout, specs, effects);
  await writeKubeconfigs(layout, settings);
}

/** Every leaf certificate that the cluster should have. */
export const wantedLeaves = (settings: Settings): readonly LeafSpec[] => leafSpecs(namesOf(settings));

const namesOf = (settings: Settings): ClusterNames => ({
  ...settings,
  nodes: settings.nodes.map((node) => ({ name: node.name, addresses: [...nodeIpsOf(settings, node), '127.0.0.1'] })),
});

async function writeKubeconfigs(layout: Layout, settings: Settings): Promise<void> {
  await writeChanged(layout.adminKubeconfig, await adminKubeconfig(layout, settings));
  for (const loop of LOOP_NAMES) {
    const { certificate, user } = LOOPS[loop];
    await writeChanged(layout.loopKubeconfigs[loop], await kubeconfigOf({ layout, settings, user, certificate }));
  }
}

export const adminKubeconfig = (layout: Layout, settings: Settings): Promise<string> => kubeconfigOf({ layout, settings, user: 'kubernetes-admin', certificate: 'admin' });

async function kubeconfigOf({ layout, settings, user, certificate }: { layout: Layout; settings: Settings; user: string; certificate: string }): Promise<string> {
  const [ca, pair] = await Promise.all([requirePair(layout, 'ca'), requirePair(layout, certificate)]);
  return kubeconfig({ server: `https://127.0.0.1:${settings.port}`, caPem: ca.cert, user, pair });
}

async function writeChanged(file: string, text: string): Promise<void> {
  if ((await readText(file)) !== text) await writeWhole(file, text);
}
