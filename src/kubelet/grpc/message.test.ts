import { fromJSON } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { describe } from './message.ts';
import { ImageService, RuntimeService } from '../cri/runtime-v1.ts';

test('every message of the services is in the descriptor and codes both ways', () => {
  const descriptor = describe('runtime.v1', { RuntimeService, ImageService });
  const definitions = fromJSON(descriptor as Parameters<typeof fromJSON>[0], { longs: Number, enums: String, defaults: true, arrays: true, objects: true });
  const service = definitions['runtime.v1.RuntimeService'] as Record<string, { requestSerialize(v: object): Buffer; requestDeserialize(b: Buffer): unknown; path: string }>;
  const run = service.RunPodSandbox!;
  expect(run.path).toBe('/runtime.v1.RuntimeService/RunPodSandbox');

  const bytes = run.requestSerialize({ config: { metadata: { name: 'web', attempt: 2 }, linux: { securityContext: { namespaceOptions: { pid: 'CONTAINER' } } } } });

  // config = 1 { metadata = 1 { name = 1 "web", attempt = 4: 2 }, linux = 8 { security_context = 2 { namespace_options = 1 { pid = 2: 1 } } } }
  expect(bytes.toString('hex')).toBe('0a11' + '0a070a037765622002' + '4206' + '1204' + '0a02' + '1001');
  expect(run.requestDeserialize(bytes)).toMatchObject({ config: { metadata: { name: 'web', attempt: 2, uid: '' }, labels: {}, portMappings: [] } });
});
