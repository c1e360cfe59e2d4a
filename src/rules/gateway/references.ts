import { GATEWAY_GROUP, type BackendReference, type Listener, type ReferenceGrant, type SecretReference } from './kinds.ts';

export interface Referrer {
  readonly kind: string;
  readonly namespace: string;
}

/** A reference with nothing left open. */
export interface Target {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const secretTarget = ({ group = '', kind = 'Secret', name, namespace }: SecretReference, own: string): Target => ({ group, kind, name, namespace: namespace ?? own });
export const backendTarget = ({ group = '', kind = 'Service', name, namespace }: BackendReference, own: string): Target => ({ group, kind, name, namespace: namespace ?? own });

/** Within a namespace always; into another one where its ReferenceGrants let this kind from there in. */
export function isGranted(from: Referrer, to: Target, grants: readonly ReferenceGrant[]): boolean {
  if (from.namespace === to.namespace) return true;
  return grants.some(({ metadata, spec }) => metadata.namespace === to.namespace
    && spec.from.some((one) => one.group === GATEWAY_GROUP && one.kind === from.kind && one.namespace === from.namespace)
    && spec.to.some((one) => one.group === to.group && one.kind === to.kind && (one.name === undefined || one.name === '' || one.name === to.name)));
}

export type SecretProblem = 'InvalidCertificateRef' | 'RefNotPermitted';

/** The Secrets whose certificates a listener may use, or why not one of those it names. Whether they are there is not asked. */
export function certificatesOf({ tls }: Listener, namespace: string, grants: readonly ReferenceGrant[]): { readonly secrets: readonly Target[]; readonly problem?: SecretProblem } {
  const targets = (tls?.certificateRefs ?? []).map((ref) => secretTarget(ref, namespace));
  const secrets = targets.filter(({ group, kind }) => group === '' && kind === 'Secret');
  const granted = secrets.filter((target) => isGranted({ kind: 'Gateway', namespace }, target, grants));
  if (secrets.length < targets.length || targets.length === 0) return { secrets: granted, problem: 'InvalidCertificateRef' };
  return granted.length < secrets.length ? { secrets: granted, problem: 'RefNotPermitted' } : { secrets };
}
