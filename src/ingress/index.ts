/**
 * Lets HTTP in from outside, by the rules of Ingress objects.
 *
 *     Ingress + IngressClass → planRoutes (pure) → Routes ─┐
 *     Service + EndpointSlice → Endpoints ─────────────────┼─ request → endpoint, another one where it is dead
 *     Secret → certificates by SNI ────────────────────────┘
 *
 * In: informers, and where to listen, which it does only while there is an Ingress for it. Out: answers. It must not know
 * how packets reach its ports: the proxy does, by the Service that `announced` writes an EndpointSlice of.
 */
export { startIngress, type IngressOptions } from './ingress.ts';
