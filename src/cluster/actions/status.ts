import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterRef, ClusterStatus } from '../../cli/index.ts';
import { apiProbe } from '../api-probe.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { certificatesOf } from '../pki/ensure.ts';
import { readSettings } from '../settings.ts';
import { ask } from '../supervisor/control.ts';

export async function status({ dataDir }: ClusterRef): Promise<ClusterStatus> {
  const layout = layoutOf(dataDir);
  const [settings, supervisor] = await Promise.all([readSettings(layout), ask(dataDir, 'state')]);
  const certificates = (await certificatesOf(layout)).map(({ name, expires }) => ({ name, expires: new Date(expires).toISOString() }));
  if (!settings || !supervisor) return { running: false, dataDir, ready: false, components: [], nodes: [], certificates };
  using probe = await apiProbe(layout, settings);
  const [ready, nodes] = await Promise.all([probe.ready(), probe.nodes()]);
  const real = new Set(settings.nodes.map(({ name }) => name));
  return {
    running: true,
    dataDir,
    server: `https://127.0.0.1:${settings.port}`,
    ready,
    components: [{ name: 'supervisor', state: 'running', pid: supervisor.pid, restarts: 0 }, ...supervisor.components],
    nodes: nodes.map((node) => ({ ...node, simulated: !real.has(node.name) })),
    certificates,
    store: { driver: 'wal', bytes: await sizeOf(layout) },
  };
}

async function sizeOf(layout: Layout): Promise<number> {
  const names = await readdir(layout.store).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(layout.store, name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
