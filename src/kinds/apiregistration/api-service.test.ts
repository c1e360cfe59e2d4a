import { expect, test } from 'vitest';
import { APIService } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const spec = { group: 'metrics.k8s.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, service: { namespace: 'kube-system', name: 'metrics' } };
const of = (more: object, name = 'v1.metrics.k8s.io') => errorsOf(APIService, { metadata: { name }, spec: { ...spec, ...more } });

test('an API service is named after its version and group, and says who serves it', () => {
  expect(of({})).toEqual([]);
  expect(of({}, 'x')).toEqual(['metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.metrics.k8s.io"']);
  expect(of({ groupPriorityMinimum: 20_001, versionPriority: 0, insecureSkipTLSVerify: true, caBundle: 'eA==', service: { port: 0 } })).toEqual([
    'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000', 'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
    'spec.service.namespace: Required value', 'spec.service.name: Required value',
    'spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
  ]);
  expect(of({ service: undefined, caBundle: 'eA==', insecureSkipTLSVerify: true })).toEqual([
    'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle', 'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
  ]);
  expect(of({ group: '', version: 'v2' }, 'v2.')).toEqual(['spec.group: Required value: only v1 may have an empty group and it better be legacy kube']);
});

test('what the server serves itself is available at once', () => {
  const local = accepted(APIService, { metadata: { name: 'v1.', creationTimestamp: '2020-01-01T00:00:00Z' }, spec: { version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } });
  expect(APIService.prepareForCreate!(local).status.conditions).toEqual([
    { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available', lastTransitionTime: '2020-01-01T00:00:00Z' },
  ]);
});
