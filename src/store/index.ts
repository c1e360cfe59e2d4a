/**
 * The store: one ordered log of revisions over keys and opaque bytes, with etcd's semantics (DESIGN §4).
 *
 * In: transactions guarded by expected revisions. Out: ranges at a revision, and every later change in order.
 * It must not know what the bytes mean, nor that Kubernetes exists: kinds, leases of objects, paging tokens and watch
 * fan-out live above it. Drivers are `memory` (tests, simulations) and `wal` (the embedded default); `cluster` alone
 * names a concrete one, by its file in drivers/. Each passes contract.ts.
 */
export type { Change, Commit, Conflict, Del, Driver, Entry, Put, Revision, Span, Txn } from './driver.ts';
export { Compacted, FutureRevision, StoreFull } from './driver.ts';
export { memoryDriver } from './drivers/memory.ts';
