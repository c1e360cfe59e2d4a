/**
 * The API server: one request in, one response out (wire/api.ts), over a store driver and the kinds it is given.
 *
 * chain.ts lists the stages every request passes: authn/, authz/, then the verbs. A write goes through admission/ and
 * registry/ into the store; the store's feed comes back through watch-cache/, which every read and watch is served
 * from. discovery/ tells clients what there is, connect/ tunnels to kubelets, pods and services.
 * It must not know sockets, files, processes or the machine's clock, nor any controller, scheduler or node.
 */
export type { ApiServerConfig, ApiServerOptions, AuditSink, BackendTarget, DialTarget, KubeletAddress, ProcessFacts, ServiceAccountConfig, VersionInfo } from './config.ts';
export { type ApiConfiguration, readApiConfiguration } from './configuration/read.ts';
export type { Cipher, Ciphers } from './encryption/index.ts';
export { readRemoteService } from './webhook/remote.ts';
export { readStaticTokens } from './authn/static-tokens.ts';
export { choosePlugins } from './admission/order.ts';
export type { LogFiles } from './logs.ts';
export { type ApiServer, startApiServer } from './server.ts';
export { type PolicyRule, uncovered } from './authz/rules.ts';
