/**
 * Audit (docs "Auditing"): one line of JSON, an audit.k8s.io/v1 Event, for each stage of each request.
 *
 * stage.ts decides when to tell, event.ts what, bodies.ts what of bodies. The sink, which keeps the lines, and the policy, which may want fewer, are
 * given by whoever composes the server. It must not know files.
 */
export type { AuditLevel, AuditStage } from './event.ts';
export { type AuditRule, auditIdStage, auditStage } from './stage.ts';
