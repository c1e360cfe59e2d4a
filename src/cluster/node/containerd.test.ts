import { expect, test } from 'vitest';
import { layoutOf } from '../layout.ts';
import { hybridWrapper } from './containerd-runtimes.ts';
import { containerdConfig, USUAL_CNI } from './containerd.ts';

const node = layoutOf('/data').node('node-1');

test('a node\'s containerd keeps to the node\'s own directory', () => {
  const config = containerdConfig(node, { snapshotter: 'overlayfs', mayLowerOomScore: true });
  const paths = [...config.matchAll(/(?:root|state|address|path|conf_dir|Root) = "(\/[^"]*)"/g)].map((match) => match[1]!);
  expect(paths.length).toBeGreaterThan(6);
  expect(paths.filter((path) => !path.startsWith('/data/nodes/node-1/'))).toEqual([]);
});

test('with another CNI, containerd looks where that is installed', () => {
  expect(containerdConfig(node, { snapshotter: 'overlayfs', mayLowerOomScore: true, cni: USUAL_CNI })).toMatch(/bin_dir = "\/opt\/cni\/bin"\n\s+conf_dir = "\/etc\/cni\/net\.d"/);
});

test('streams are served to the kubelet alone', () => {
  expect(containerdConfig(node, { snapshotter: 'overlayfs', mayLowerOomScore: true })).toMatch(/stream_server_address = "127\.0\.0\.1"\n\s+stream_server_port = "0"/);
});

test('a machine that may not lower OOM scores says so to containerd', () => {
  expect(containerdConfig(node, { snapshotter: 'native', mayLowerOomScore: false })).toContain('restrict_oom_score_adj = true');
  expect(containerdConfig(node, { snapshotter: 'native', mayLowerOomScore: true })).toContain('restrict_oom_score_adj = false');
});

test('runtimes installed beside runc are handlers that a RuntimeClass may name', () => {
  const config = containerdConfig(node, {
    snapshotter: 'overlayfs', mayLowerOomScore: true,
    runtimes: [{ handler: 'crun', type: 'io.containerd.runc.v2', binary: '/usr/bin/crun' }, { handler: 'runsc', type: 'io.containerd.runsc.v1' }],
  });
  expect(config).toMatch(/runtimes\.crun\]\n\s+runtime_type = "io\.containerd\.runc\.v2"\n\n.*runtimes\.crun\.options\]\n\s+BinaryName = "\/usr\/bin\/crun"/);
  expect(config).toMatch(/runtimes\.runsc\]\n\s+runtime_type = "io\.containerd\.runsc\.v1"\n/);
  expect(config).not.toContain('runtimes.runsc.options');
  expect(config).toContain(`Root = "${node.containerdState}/crun"`);
});

test('a runtime that refuses two versions of cgroups at once is shown the first alone', () => {
  expect(hybridWrapper('/usr/bin/crun')).toContain(`unshare --mount --propagation slave sh -c 'umount /sys/fs/cgroup/unified; exec "$0" "$@"' '/usr/bin/crun' "$@"`);
});
