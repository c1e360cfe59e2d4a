import { expect, test } from 'vitest';
import { layoutOf } from '../layout.ts';
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
