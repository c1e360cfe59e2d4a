import { definePlugin } from '../../framework/plugin.ts';
import { pass } from '../../framework/verdict.ts';
import { Assumed } from './assumed.ts';
import { bindVolumes, type BindServices } from './bind.ts';
import { findBindings, keyOfClaim, sortClaims, type Bindings, type PodClaims } from './find.ts';

/** Puts pods where their volumes are, or can be; binds claims that wait for a pod's node, and waits until they have their volumes. */
export const volumeBinding = (services: BindServices) => {
  const { storage } = services;
  const assumed = new Assumed();
  /** By the uid of a pod that has its node but not yet its volumes. */
  const decided = new Map<string, Bindings>();
  const forget = (uid: string) => {
    const { bind = [], provision = [] } = decided.get(uid) ?? {};
    decided.delete(uid);
    assumed.forget({ volumes: bind.map(({ volume }) => volume.metadata.name), claims: provision.map(keyOfClaim) });
  };
  return definePlugin<PodClaims>({
    name: 'VolumeBinding',
    wakeOn: ['storage-class', 'claim-changed', 'volume-changed', 'node-added', 'node-labels', 'csi-driver', 'csi-capacity'],
    wakes: (pod, { claim }) => claim === undefined || pod.claims.some(({ key }) => key === claim),

    preFilter(pod) {
      if (pod.claims.length === 0) return { type: 'skip' };
      const claims = sortClaims(pod, storage);
      return 'reasons' in claims ? { type: 'reject', rejection: claims } : { type: 'go', state: claims };
    },

    filter(_, { node }, claims) {
      const found = node && findBindings(claims, node, { storage, assumed });
      return found && 'reasons' in found ? found : pass;
    },

    reserve(pod, name) {
      const node = storage.node(name);
      if (pod.claims.length === 0 || !node) return pass;
      const claims = sortClaims(pod, storage);
      const found = 'reasons' in claims ? claims : findBindings(claims, node, { storage, assumed });
      if ('reasons' in found) return found;
      if (found.bind.length + found.provision.length === 0) return pass;
      decided.set(pod.uid, found);
      for (const { claim, volume } of found.bind) assumed.give(volume.metadata.name, keyOfClaim(claim));
      for (const claim of found.provision) assumed.choose(keyOfClaim(claim), name);
      return pass;
    },

    unreserve: ({ uid }) => forget(uid),
    waits: ({ uid }) => decided.has(uid),

    async preBind(pod, node, signal) {
      const bindings = decided.get(pod.uid);
      if (bindings) await bindVolumes(bindings, { pod, node }, { ...services, signal });
    },

    postBind: ({ uid }) => forget(uid),
  });
};
