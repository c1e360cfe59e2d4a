/** Admission policies as kubernetes.io teaches them, by kubectl. No node is needed. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { type ServedCluster, startServed } from './testing/in-memory.ts';
import { kubectls } from './testing/kubectl.ts';
import { must, run } from './testing/run.ts';

const [newest] = (await kubectls()).toSorted((a, b) => Number(b.version.slice(2)) - Number(a.version.slice(2)));
let cluster: ServedCluster;
beforeAll(async () => {
  cluster = await startServed([]);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const env = () => ({ KUBECONFIG: cluster.kubeconfig, KUBECACHEDIR: join(cluster.directory, 'cache'), HOME: cluster.directory });
const kubectl = (...args: readonly string[]) => must(newest!.file, args, { env: env() });
const attempt = (...args: readonly string[]) => run(newest!.file, args, { env: env() });
const apply = (input: string) => must(newest!.file, ['apply', '-f', '-'], { env: env(), input });
const tryApply = (input: string) => run(newest!.file, ['apply', '-f', '-'], { env: env(), input });

const LIMIT = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: replicalimits.rules.example.com}
spec:
  group: rules.example.com
  names: {kind: ReplicaLimit, plural: replicalimits}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {maxReplicas: {type: integer}}}}}]
`;

const POLICY = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicalimit-policy.example.com}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: rules.example.com/v1, kind: ReplicaLimit}
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  variables: [{name: most, expression: "params.maxReplicas"}]
  validations:
  - expression: object.spec.replicas <= variables.most
    messageExpression: "'object.spec.replicas must be no greater than ' + string(variables.most)"
    reason: Invalid
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicalimit-binding-test.example.com}
spec:
  policyName: replicalimit-policy.example.com
  validationActions: [Deny]
  paramRef: {name: replica-limit-test.example.com, namespace: default, parameterNotFoundAction: Deny}
  matchResources:
    namespaceSelector: {matchLabels: {environment: test}}
---
apiVersion: rules.example.com/v1
kind: ReplicaLimit
metadata: {name: replica-limit-test.example.com, namespace: default}
maxReplicas: 3
`;

const SIDECAR = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: sidecar-policy.example.com}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  matchConditions:
  - name: does-not-already-have-sidecar
    expression: "!object.spec.?initContainers.orValue([]).exists(ic, ic.name == 'mesh-proxy')"
  failurePolicy: Fail
  reinvocationPolicy: IfNeeded
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: >
        Object{
          spec: Object.spec{
            initContainers: [
              Object.spec.initContainers{
                name: "mesh-proxy",
                image: "mesh/proxy:v1.0.0",
                restartPolicy: "Always"
              }
            ]
          }
        }
`;

const BOUND = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: sidecar-binding.example.com}
spec: {policyName: sidecar-policy.example.com}
`;

const deploy = async (namespace: string, replicas: number) => {
  await kubectl('delete', 'deployment', `nginx-${replicas}`, '-n', namespace, '--ignore-not-found');
  return attempt('create', 'deployment', `nginx-${replicas}`, '--image=nginx', `--replicas=${replicas}`, '-n', namespace);
};

test('replicas are limited by a parameter of a kind of one\'s own, in namespaces so labelled', async () => {
  await apply(LIMIT);
  await kubectl('wait', '--for=condition=Established', 'crd/replicalimits.rules.example.com', '--timeout=60s');
  await apply('apiVersion: v1\nkind: Namespace\nmetadata: {name: limited, labels: {environment: test}}\n');
  // A kind may be established a moment before discovery tells of it.
  await eventually('the policy and its parameter are there', async () => (await tryApply(POLICY)).code === 0);

  const refused = await deploy('limited', 4);

  expect([refused.code, refused.stderr.trim()]).toEqual([1, "error: failed to create deployment: deployments.apps \"nginx-4\" is forbidden: ValidatingAdmissionPolicy 'replicalimit-policy.example.com' " +
    "with binding 'replicalimit-binding-test.example.com' denied request: object.spec.replicas must be no greater than 3"]);
  expect((await deploy('limited', 3)).code).toBe(0);
  expect((await deploy('default', 4)).code).toBe(0);
  expect((await attempt('scale', 'deployment/nginx-4', '--replicas=9')).code).toBe(0);
});

test('what does not compile is refused, and what does not fit a type is told', async () => {
  const broken = await tryApply(POLICY.replace('object.spec.replicas <=', 'objekt.spec.replicas <='));
  expect(broken.stderr).toContain("undeclared reference to 'objekt' (in container '')");

  await apply(POLICY.replace('object.spec.replicas <=', 'object.replicas <='));
  await eventually('the controller warns', async () => {
    const warning = await kubectl('get', 'validatingadmissionpolicy', 'replicalimit-policy.example.com', '-o', 'jsonpath={.status.typeChecking.expressionWarnings[0].warning}');
    return warning.startsWith("apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'");
  });
});

test('pods get a sidecar by policy', async () => {
  await apply(SIDECAR);
  await apply(BOUND);
  await eventually('the account is there', async () => (await attempt('get', 'serviceaccount', 'default')).code === 0);

  await kubectl('delete', 'pod', 'app', '--ignore-not-found', '--now');
  await kubectl('run', 'app', '--image=app', '--restart=Never');

  expect(await kubectl('get', 'pod', 'app', '-o', 'jsonpath={.spec.initContainers[*].name} {.spec.initContainers[*].restartPolicy} {.spec.containers[*].image}')).toBe('mesh-proxy Always app');
});
