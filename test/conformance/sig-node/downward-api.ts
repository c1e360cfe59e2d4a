import { Node } from '../../../src/kinds/core/node.ts';
import { amountOf } from '../../../src/rules/pod-resources.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, what: string) => ({ name, valueFrom: { resourceFieldRef: { resource: what } } });
const RESOURCES = [
  resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory'), resource('CPU_REQUEST', 'requests.cpu'), resource('MEMORY_REQUEST', 'requests.memory'),
];

const ofContainer = test(`[sig-node] Downward API should provide container's limits.cpu/memory and requests.cpu/memory as env vars ${NODE}`,
  { musts: ['requests and limits are in the environment'] }, async (t) => {
    const resources = { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } };
    const log = await t.pods.output({ sh: 'env', container: { env: RESOURCES, resources } });
    const wanted = ['CPU_LIMIT=2', 'MEMORY_LIMIT=67108864', 'CPU_REQUEST=1', 'MEMORY_REQUEST=33554432'];
    t.must('requests and limits are in the environment', wanted.every((line) => log.split('\n').includes(line)), log);
  });

const ofNode = test(`[sig-node] Downward API should provide default limits.cpu/memory from node allocatable ${NODE}`,
  { musts: ["without limits the node's allocatable is in the environment"] }, async (t) => {
    const { metadata } = await t.pods.create({ sh: 'env', container: { env: RESOURCES.slice(0, 2) } });
    const { spec } = await t.pods.untilEnded(metadata.name);
    const log = await t.pods.log(metadata.name);
    const { status } = await t.client.get(Node, spec.nodeName!);
    const cpu = Math.ceil(amountOf('cpu', status.allocatable!.cpu!) / 1000);
    const memory = amountOf('memory', status.allocatable!.memory!);
    const wanted = [`CPU_LIMIT=${cpu}`, `MEMORY_LIMIT=${memory}`];
    t.must("without limits the node's allocatable is in the environment", wanted.every((line) => log.split('\n').includes(line)), log);
  });

const HOST = 'the host\'s address is in the environment';
const hostIp = test(`[sig-node] Downward API should provide host IP as an env var ${NODE}`, { musts: [HOST] }, async (t) => {
  const { metadata } = await t.pods.create({ sh: 'env', container: { env: [field('HOST_IP', 'status.hostIP')] } });
  const pod = await t.pods.untilEnded(metadata.name);
  const log = await t.pods.log(metadata.name);
  t.must(HOST, log.split('\n').includes(`HOST_IP=${pod.status.hostIP}`), log);
});

const uid = test(`[sig-node] Downward API should provide pod UID as env vars ${NODE}`, { musts: ["the pod's uid is in the environment"] }, async (t) => {
  const { metadata } = await t.pods.create({ sh: 'env', container: { env: [field('POD_UID', 'metadata.uid')] } });
  await t.pods.untilEnded(metadata.name);
  const log = await t.pods.log(metadata.name);
  t.must("the pod's uid is in the environment", log.split('\n').includes(`POD_UID=${metadata.uid}`), log);
});

const NAMES = "the pod's name, namespace and address are in the environment";
const names = test(`[sig-node] Downward API should provide pod name, namespace and IP address as env vars ${NODE}`, { musts: [NAMES] }, async (t) => {
  const env = [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), field('POD_IP', 'status.podIP')];
  const { metadata } = await t.pods.create({ sh: 'env', container: { env } });
  const pod = await t.pods.untilEnded(metadata.name);
  const log = await t.pods.log(metadata.name);
  const wanted = [`POD_NAME=${metadata.name}`, `POD_NAMESPACE=${t.namespace}`, `POD_IP=${pod.status.podIP}`];
  t.must(NAMES, wanted.every((line) => log.split('\n').includes(line)), log);
});

export const downwardApi: readonly TestCase[] = [ofContainer, ofNode, hostIp, uid, names];
