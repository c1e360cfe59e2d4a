import { expect, test } from 'vitest';
import { formatQuantity } from '../meta/quantity.ts';
import { usageOf } from './quota-usage.ts';

test('a claim uses, by class, as many devices as it may be given', () => {
  const ask = (deviceClassName: string, count: number, allocationMode = 'ExactCount') => ({ deviceClassName, allocationMode, count });
  const requests = [{ exactly: ask('gpu', 2) }, { exactly: ask('gpu', 1) }, { exactly: ask('nic', 0, 'All') }, { firstAvailable: [ask('fpga', 1), ask('fpga', 3), ask('gpu', 1)] }];
  const usage = usageOf({ group: 'resource.k8s.io', plural: 'resourceclaims' }, { metadata: {}, spec: { devices: { requests } } }, 0);
  expect(Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]))).toEqual({
    'count/resourceclaims.resource.k8s.io': '1', 'gpu.deviceclass.resource.k8s.io/devices': '4',
    'nic.deviceclass.resource.k8s.io/devices': '32', 'fpga.deviceclass.resource.k8s.io/devices': '3',
  });
});
