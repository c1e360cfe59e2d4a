import { CertificateSigningRequest } from '../../../src/kinds/certificates/certificate-signing-request.ts';
import { ServiceAccount } from '../../../src/kinds/core/service-account.ts';
import { apiOperations } from '../framework/api-operations.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';

const ACCOUNTS = '[sig-auth] ServiceAccounts should';
const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const at = (t: Context) => ({ namespace: t.namespace });

const MOUNT = ['token, root certificate and namespace are there', 'without anyone asking'];
const mounts = test(`${ACCOUNTS} mount an API token into pods  [Conformance]`, { musts: MOUNT, note: 'the token is a bound one, not a Secret, since v1.24' }, async (t) => {
  const log = await t.pods.output({ sh: `cat ${PATH}/token; echo; head -1 ${PATH}/ca.crt; cat ${PATH}/namespace` });
  const [token, certificate, namespace] = log.split('\n');
  t.must(MOUNT[0]!, token!.split('.').length === 3 && certificate === '-----BEGIN CERTIFICATE-----' && namespace === t.namespace, log);
  t.must(MOUNT[1]!, true);
});

const OPT_OUT = ['the token is mounted as pod and account say', 'a container of each pod sees it so'];
/** What the pod says, else what its account says, else yes. */
const wanted = (pod: boolean | undefined, account: boolean | undefined): boolean => pod ?? account ?? true;
const optOut = test(`${ACCOUNTS} allow opting out of API token automount  [Conformance]`, { musts: OPT_OUT }, async (t) => {
  const choices = [undefined, true, false] as const;
  for (const account of choices) {
    const name = `account-${account ?? 'default'}`;
    await t.client.create(ServiceAccount, { metadata: { name }, ...(account !== undefined && { automountServiceAccountToken: account }) }, at(t));
    for (const pod of choices) {
      const made = await t.pods.create({
        sh: `test -e ${PATH}/token && echo mounted || echo absent`,
        spec: { serviceAccountName: name, ...(pod !== undefined && { automountServiceAccountToken: pod }) },
      });
      const mounted = made.spec.containers[0]!.volumeMounts?.some(({ mountPath }) => mountPath === PATH) ?? false;
      t.must(OPT_OUT[0]!, mounted === wanted(pod, account), `pod ${pod}, account ${account}: ${mounted}`);
      await t.pods.untilEnded(made.metadata.name);
      const seen = (await t.pods.log(made.metadata.name)).trim() === 'mounted';
      t.must(OPT_OUT[1]!, seen === wanted(pod, account), `pod ${pod}, account ${account}: ${seen}`);
    }
  }
});

const projected = test(`${ACCOUNTS} mount projected service account token [Conformance]`, { musts: ['the token is where it was asked for'] }, async (t) => {
  const log = await t.pods.output({
    sh: 'cat /tokens/mine',
    container: { volumeMounts: [{ name: 'tokens', mountPath: '/tokens' }] },
    spec: { volumes: [{ name: 'tokens', projected: { sources: [{ serviceAccountToken: { path: 'mine', expirationSeconds: 3600 } }] } }] },
  });
  const claims = JSON.parse(Buffer.from(log.split('.')[1]!, 'base64url').toString()) as { sub: string };
  t.must('the token is where it was asked for', claims.sub === `system:serviceaccount:${t.namespace}:default`, claims.sub);
});

const LIFE = ['a watch sees it made', 'the patch gives the new property', 'a list has it so', 'a watch sees it deleted'];
const lifecycle = test(`${ACCOUNTS} run through the lifecycle of a ServiceAccount [Conformance]`, { musts: LIFE }, async (t) => {
  const label = t.name('static');
  const name = t.name('account');
  await using events = watchEvents(t, ServiceAccount, `test-serviceaccount-static=${label}`);
  await t.client.create(ServiceAccount, { metadata: { name, labels: { 'test-serviceaccount-static': label } } }, at(t));
  t.must(LIFE[0]!, (await events.until('ADDED', () => true)) !== undefined);
  const patched = await t.client.patch(ServiceAccount, name, { type: 'strategic', body: { automountServiceAccountToken: false } }, at(t));
  t.must(LIFE[1]!, patched.automountServiceAccountToken === false);
  const { items } = await t.client.list(ServiceAccount, { labelSelector: `test-serviceaccount-static=${label}` });
  t.must(LIFE[2]!, items.length === 1 && items[0]!.automountServiceAccountToken === false);
  await t.client.deleteCollection(ServiceAccount, { ...at(t), labelSelector: `test-serviceaccount-static=${label}` });
  t.must(LIFE[3]!, (await events.until('DELETED', () => true)) !== undefined);
});

/** A request for CN=e2e.example.com, signed with a key that was thrown away. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHTMHwCAQAwGjEYMBYGA1UEAwwPZTJlLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEVxkSYf3CnhgGeypDIiwPerm5rYqX7W6Mvwj6jsjaYqrs
uIayykLp+E3W/j0/LKTeeXNcH1nFyP4g5mFGv5XU+aAAMAoGCCqGSM49BAMCA0cA
MEQCIEfkGJ2VKsON+86NBKF2xBatfXfRqvbqJV69VmU0uPt2AiAGjbhrGfoXVV2c
p/hwLVKgwm1AZ9+54DYA+fPu6d0qrA==
-----END CERTIFICATE REQUEST-----
`;

const requests = apiOperations('[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations [Conformance]', CertificateSigningRequest, {
  object: (name, labels) => ({
    metadata: { name, labels },
    spec: { request: Buffer.from(REQUEST).toString('base64'), signerName: 'example.com/e2e', usages: ['digital signature', 'key encipherment', 'server auth'], expirationSeconds: 3600 },
  }),
  subresources: ['approval', 'status'],
  async more(t, name) {
    const condition = { type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from a test' };
    const csr = await t.client.get(CertificateSigningRequest, name);
    await t.client.patch(CertificateSigningRequest, name, { type: 'merge', body: { status: { conditions: [...(csr.status.conditions ?? []), condition] } } }, { subresource: 'approval' });
    await t.client.patch(CertificateSigningRequest, name, { type: 'merge', body: { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate: null } } }, { subresource: 'status' });
  },
});

export const serviceAccounts: readonly TestCase[] = [mounts, optOut, projected, lifecycle, requests];
