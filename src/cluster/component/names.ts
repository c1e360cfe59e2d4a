import type { Loop } from '../settings.ts';

/** What each loop is to the API: its certificate's file, its user, and the Lease by which one of several leads; upstream's names. */
export const LOOPS: Readonly<Record<Loop, { readonly certificate: string; readonly user: string; readonly lease: string }>> = {
  controllers: { certificate: 'controller-manager', user: 'system:kube-controller-manager', lease: 'kube-controller-manager' },
  scheduler: { certificate: 'scheduler', user: 'system:kube-scheduler', lease: 'kube-scheduler' },
};
