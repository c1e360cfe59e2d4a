/** kube-apiserver and etcd, as the measure: TLS, RBAC, audit at Metadata, priority and fairness as by default. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { freePort } from './machine.ts';
import { makeIdentities, ready, start, type Identities, type Target } from './target.ts';

/** What differs from knarr's side of the same run, to be told with the figures. */
export const PEER_NOTES = [
  'peer: kube-apiserver 1.20 has no flow control of watches (1.21) and lists from etcd where no resourceVersion is asked for; admission plugins as by default;',
  '      etcd fdatasyncs each batch of commits before it answers, as knarr does; audit is one JSON line a stage, into a file, on both sides.',
];

/** @param programs a directory that holds kube-apiserver; etcd from there or from the PATH */
export async function startPeer(directory: string, programs: string): Promise<Target> {
  const [apiServer, etcdProgram] = [find('kube-apiserver', programs), find('etcd', programs)];
  const identities = makeIdentities();
  const [port, etcdPort, etcdPeerPort] = await Promise.all([freePort(), freePort(), freePort()]);
  await mkdir(directory, { recursive: true });
  const files = await writeFiles(directory, identities);
  const etcd = start(etcdProgram, [
    '--data-dir', join(directory, 'etcd'), '--listen-client-urls', `http://127.0.0.1:${etcdPort}`, '--advertise-client-urls', `http://127.0.0.1:${etcdPort}`,
    '--listen-peer-urls', `http://127.0.0.1:${etcdPeerPort}`,
  ], join(directory, 'etcd.log'));
  const server = start(apiServer, [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`, `--secure-port=${port}`, '--bind-address=127.0.0.1', '--authorization-mode=RBAC',
    `--client-ca-file=${files.ca}`, `--tls-cert-file=${files.cert}`, `--tls-private-key-file=${files.key}`, '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${files.publicKey}`, `--service-account-signing-key-file=${files.privateKey}`,
    `--audit-policy-file=${files.policy}`, `--audit-log-path=${join(directory, 'audit.log')}`, '--http2-max-streams-per-connection=1000', `--cert-dir=${directory}`,
  ], join(directory, 'kube-apiserver.log'));
  return ready('kube-apiserver + etcd', identities, { port, children: [server, etcd] });
}

/** The program, in that directory or on the PATH. */
export function find(name: string, first: string): string {
  const places = [first, ...(process.env['PATH'] ?? '').split(delimiter)].map((directory) => join(directory, name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`no ${name} in ${first} or on the PATH`);
  return found;
}

async function writeFiles(directory: string, { ca, serving }: Identities) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const texts = {
    ca: ca.cert, cert: serving.cert, key: serving.key,
    privateKey: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    policy: 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n',
  };
  const at = (name: string) => join(directory, name);
  const files = { ca: at('ca.pem'), cert: at('server.pem'), key: at('server.key'), privateKey: at('sa.key'), publicKey: at('sa.pub'), policy: at('audit.yaml') };
  for (const name of ['ca', 'cert', 'key', 'privateKey', 'publicKey', 'policy'] as const) await writeFile(files[name], texts[name], { mode: 0o600 });
  return files;
}
