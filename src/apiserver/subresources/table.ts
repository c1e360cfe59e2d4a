import type { VerbHandler } from '../verbs.ts';
import { groupResource } from '../../meta/resource.ts';
import type { Kind, Verb } from '../../schema/kind.ts';
import { approval } from './approval.ts';
import { binding } from './binding.ts';
import { ephemeralContainers } from './ephemeral-containers.ts';
import { eviction } from './eviction.ts';
import { finalize } from './finalize.ts';
import { resize } from './resize.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { token } from './token.ts';
import { attach, exec, log, portForward } from '../connect/pod-connect.ts';
import { nodeProxy, podProxy, serviceProxy } from '../connect/proxy.ts';

/** `options`: the method that has no verb, which what is proxied may have a use for. */
export type Subresource = Partial<Readonly<Record<Verb | 'options', VerbHandler>>>;

/** Those of one resource each. `status` and `scale` follow from the kind. */
const OWN: Readonly<Record<string, Readonly<Record<string, Subresource>>>> = {
  pods: {
    attach, binding, ephemeralcontainers: ephemeralContainers, eviction, exec, log, portforward: portForward, proxy: podProxy, resize,
  },
  namespaces: { finalize },
  nodes: { proxy: nodeProxy },
  services: { proxy: serviceProxy },
  serviceaccounts: { token },
  'certificatesigningrequests.certificates.k8s.io': { approval },
};

/** Undefined where the kind has no such subresource. */
export function subresourceOf(kind: Kind, name: string): Subresource | undefined {
  if (name === 'status') return kind.hasStatus ? status : undefined;
  if (name === 'scale') return kind.scale ? scale : undefined;
  const own = OWN[groupResource(kind)];
  return own && Object.hasOwn(own, name) ? own[name] : undefined;
}
