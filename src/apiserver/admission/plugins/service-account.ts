import { forbiddenRequest } from '../../../meta/api-error.ts';
import { randomSuffix } from '../../../base/random.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const PODS = { group: '', plural: 'pods' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR = 'kubernetes.io/config.mirror';
/** Beyond an hour, so that a rotation at 80 % never falls below the ten minutes a token must have. */
const EXPIRATION_SECONDS = 3607;
/** A new namespace's `default` account may be a moment late. */
const ATTEMPTS = 10;
const RETRY_AFTER = 100;

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}
interface Container {
  readonly volumeMounts?: readonly Mount[];
}
interface Spec {
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly unknown[];
  readonly volumes?: readonly { readonly name: string }[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** Gives every pod a service account, and a token of it at the well-known path. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  on: { operations: ['CREATE'], resources: ['pods'] },

  mutate(attributes, core) {
    const { object, namespace, name } = attributes;
    const spec = object['spec'] as Spec;
    if (object.metadata.annotations?.[MIRROR] !== undefined) {
      if (spec.serviceAccountName) throw forbiddenRequest(PODS, name, 'a mirror pod may not reference service accounts');
      return object;
    }
    const accountName = spec.serviceAccountName || 'default';
    const known = core.resources.of('', 'serviceaccounts')?.cache.object(namespace, accountName);
    return known ? withAccount(attributes, known, core) : later(attributes, accountName, core);
  },
};

/** Of an account that is not there, or not yet known. */
async function later(attributes: Attributes, accountName: string, core: Core): Promise<AnyObject> {
  const { namespace, name } = attributes;
  const account = await lookUp(core, namespace, accountName);
  if (account) return withAccount(attributes, account, core);
  throw forbiddenRequest(PODS, name, `error looking up service account ${namespace}/${accountName}: serviceaccount ${JSON.stringify(accountName)} not found`);
}

function withAccount({ object }: Attributes, account: AnyObject, core: Core): AnyObject {
  const spec = object['spec'] as Spec;
  const { name } = account.metadata;
  const pulls = spec.imagePullSecrets?.length ? spec.imagePullSecrets : (account['imagePullSecrets'] as readonly unknown[] | undefined);
  const named: Spec = { ...spec, serviceAccountName: name, serviceAccount: name, ...(pulls?.length ? { imagePullSecrets: pulls } : {}) };
  const automount = spec.automountServiceAccountToken ?? (account['automountServiceAccountToken'] as boolean | undefined) ?? true;
  return { ...object, spec: automount ? withToken(named, `kube-api-access-${randomSuffix(core.random)}`) : named };
}

async function lookUp({ resources, hub, clock }: Core, namespace: string, name: string): Promise<AnyObject | undefined> {
  const cache = resources.of('', 'serviceaccounts')?.cache;
  for (let attempt = 1; ; attempt++) {
    await hub.fresh();
    const found = cache?.object(namespace, name);
    if (found || name !== 'default' || attempt >= ATTEMPTS) return found;
    await clock.sleep(RETRY_AFTER);
  }
}

function withToken(spec: Spec, volume: string): Spec {
  const needs = (container: Container) => !(container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH);
  const mount = (container: Container): Container =>
    needs(container) ? { ...container, volumeMounts: [...(container.volumeMounts ?? []), { name: volume, readOnly: true, mountPath: MOUNT_PATH } as Mount] } : container;
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (!all.some(needs)) return spec;
  return {
    ...spec,
    ...(spec.containers ? { containers: spec.containers.map(mount) } : {}),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(mount) } : {}),
    volumes: [...(spec.volumes ?? []), tokenVolume(volume)],
  };
}

/** The token, the CA it is used with, and the namespace, as one volume. */
function tokenVolume(name: string) {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 0o644,
    },
  };
}
