import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logLink, logLinkTarget } from './paths.ts';

test('a log\'s link leads to the log wherever both are mounted', () => {
  const [kept, mounted] = [{ rootDir: '/data', logDir: '/data/nodes/node-1/logs' }, { rootDir: '/data', logDir: '/var/log' }];
  const pod = { uid: 'u-1', name: 'web', namespace: 'shop' };
  const target = logLinkTarget(kept, pod, { name: 'app', restartCount: 2 });
  expect(join(logLink(kept, pod, { name: 'app', id: 'c1' }), '..', target)).toBe('/data/nodes/node-1/logs/pods/shop_web_u-1/app/2.log');
  expect(join(logLink(mounted, pod, { name: 'app', id: 'c1' }), '..', target)).toBe('/var/log/pods/shop_web_u-1/app/2.log');
});
