import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cniConfig, writeCniConfig } from './cni.ts';

const options = { bridge: 'cni0', nodeCidrs: ['10.244.1.0/24'], mtu: 1450, dataDir: '/data/cni' };

test('pods are plugged into the bridge, addressed from the node\'s network, and host ports are forwarded', () => {
  expect(cniConfig(options)).toEqual({
    cniVersion: '0.4.0',
    name: 'knarr',
    plugins: [
      {
        type: 'bridge', bridge: 'cni0', mtu: 1450, isGateway: true, isDefaultGateway: true, forceAddress: true, hairpinMode: true, ipMasq: false,
        ipam: { type: 'host-local', dataDir: '/data/cni', ranges: [[{ subnet: '10.244.1.0/24' }]] },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  });
});

test('the file is written whole, and left alone where it says the same', async () => {
  const root = await mkdtemp(join(tmpdir(), 'knarr-cni-'));
  const directory = join(root, 'conf');
  await writeCniConfig(directory, { ...options, dataDir: join(root, 'data') });
  const path = join(directory, '10-knarr.conflist');
  const { mtimeMs } = await stat(path);
  await writeCniConfig(directory, { ...options, dataDir: join(root, 'data') });
  expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  await writeCniConfig(directory, { ...options, dataDir: join(root, 'data'), mtu: 9000 });
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ plugins: [{ mtu: 9000 }, {}, {}] });
  expect(await readdir(directory)).toEqual(['10-knarr.conflist']);
  await rm(root, { recursive: true });
});

test('with two families a pod has an address of each', () => {
  expect(cniConfig({ ...options, nodeCidrs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] })).toMatchObject({
    plugins: [{ ipam: { ranges: [[{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:10:244:1::/64' }]] } }, {}, {}],
  });
});
