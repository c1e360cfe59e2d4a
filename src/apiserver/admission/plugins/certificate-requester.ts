import type { AdmissionPlugin } from '../admission.ts';

/** Writes into each certificate signing request who sent it, whatever it says itself. */
export const certificateRequester: AdmissionPlugin = {
  name: 'CertificateRequester',
  on: { operations: ['CREATE'], resources: ['certificatesigningrequests.certificates.k8s.io'] },

  mutate({ object, user }) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = object['spec'] as Readonly<Record<string, unknown>>;
    const { username, uid, groups, extra } = user;
    const known = { username, ...(uid ? { uid } : {}), ...(groups.length > 0 ? { groups } : {}), ...(extra && Object.keys(extra).length > 0 ? { extra } : {}) };
    return { ...object, spec: { ...asked, ...known } };
  },
};
