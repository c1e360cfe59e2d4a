import { expect, test } from 'vitest';
import { messageOf } from '../../../base/message-of.ts';
import { podOfManifest } from './manifest.ts';

const SEEN = '2026-01-01T00:00:00.000Z';
const at = { nodeName: 'node-1', path: '/etc/manifests/web.yaml', seen: SEEN };
const manifest = (spec: string, metadata = 'name: web') => `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: {containers: [{name: a, image: i${spec}}]}\n`;

test('a manifest becomes a pod of this node with defaults, a hash for a uid, and annotations that say where it is from', () => {
  const pod = podOfManifest(manifest('', 'name: web, labels: {app: web}, annotations: {mine: "1"}'), at);
  const { uid } = pod.metadata;
  expect(uid).toMatch(/^[0-9a-f]{32}$/);
  expect(pod).toMatchObject({
    metadata: {
      name: 'web-node-1', namespace: 'default', labels: { app: 'web' },
      annotations: { mine: '1', 'kubernetes.io/config.hash': uid, 'kubernetes.io/config.seen': SEEN, 'kubernetes.io/config.source': 'file' },
    },
    spec: { nodeName: 'node-1', restartPolicy: 'Always', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }], containers: [{ name: 'a', imagePullPolicy: 'Always' }] },
    status: { phase: 'Pending' },
  });
});

test('another content, another node or another file is another pod; another moment is not', () => {
  const uids = [
    podOfManifest(manifest(''), at), podOfManifest(manifest(', command: [x]'), at), podOfManifest(manifest(''), { ...at, nodeName: 'node-2' }), podOfManifest(manifest(''), { ...at, path: '/b' }),
  ].map(({ metadata }) => metadata.uid);
  expect(new Set(uids).size).toBe(4);
  expect(podOfManifest(manifest(''), { ...at, seen: '2027-01-01T00:00:00Z' }).metadata.uid).toBe(uids[0]);
  expect(podOfManifest(manifest('', 'name: web, uid: "123"'), at).metadata.uid).toBe('123');
});

test('JSON is as good as YAML', () => {
  const pod = podOfManifest(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'kube-system' }, spec: { containers: [{ name: 'a', image: 'i' }] } }), at);
  expect(pod.metadata).toMatchObject({ name: 'web-node-1', namespace: 'kube-system' });
});

test('what is no pod is refused with a reason', () => {
  const refusal = (text: string) => {
    try {
      podOfManifest(text, at);
    } catch (error) {
      return messageOf(error);
    }
    return undefined;
  };
  expect(refusal('{{{')).toBeDefined();
  expect(refusal('hello')).toMatch(/^invalid pod: /);
  expect(refusal('apiVersion: apps/v1\nkind: Deployment\n')).toMatch(/^invalid pod: /);
  expect(refusal(manifest('', ''))).toMatch(/^invalid pod: metadata\.name: /);
  expect(refusal(manifest('', 'name: WEB'))).toMatch(/^invalid pod: a lowercase RFC 1123 subdomain/);
  expect(refusal('apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: []}\n')).toMatch(/^invalid pod: spec\.containers: /);
  expect(refusal(manifest(', imagePullPolicy: Sometimes'))).toContain('spec.containers[0].imagePullPolicy: ');
});

test('a pod that must run without the API may need none of its objects', () => {
  const refused = (spec: object) => () => podOfManifest(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'a', image: 'i' }], ...spec } }), at);
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
  expect(refused(volume({ secret: { secretName: 's' } }))).toThrow('static pods may not reference secrets');
  expect(refused(volume({ configMap: { name: 'c' } }))).toThrow('static pods may not reference configmaps');
  expect(refused(volume({ persistentVolumeClaim: { claimName: 'c' } }))).toThrow('static pods may not reference persistentvolumeclaims');
  expect(refused(volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }))).toThrow('must not be specified when serviceAccountName is not set');
  expect(refused({ serviceAccountName: 'x' })).toThrow('static pods may not reference serviceaccounts');
  expect(refused({ containers: [{ name: 'a', image: 'i', env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }] })).toThrow('static pods may not reference secrets');
  expect(refused(volume({ hostPath: { path: '/x' } }))).not.toThrow();
});
