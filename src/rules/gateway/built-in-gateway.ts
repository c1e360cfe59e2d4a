import type { Gateway, GatewayClass } from './kinds.ts';

/** Of a GatewayClass: what every node's agent implements, by the same doors as Ingresses. */
export const GATEWAY_CONTROLLER = 'knarr.dev/gateway-controller';
/** The class that comes with the definitions. */
export const GATEWAY_CLASS = 'knarr';
/** On the entrance's Service: which of the API's resources are served, for the agents, that know no definitions. */
export const SERVED_ANNOTATION = 'knarr.dev/gateway-api';

/** What the ports that Ingress has speak. */
export const MAIN_PORTS: ReadonlyMap<number, string> = new Map([[80, 'HTTP'], [443, 'HTTPS']]);
/** The nodes' ports behind further ports of Gateways, given out one by one. */
export const FURTHER_PORTS = { first: 10_500, last: 10_999 } as const;
export const furtherPortName = (port: number): string => `gateway-${port}`;

export function isBuiltInGateway({ spec }: Gateway, classes: readonly GatewayClass[]): boolean {
  return classes.some(({ metadata, spec: { controllerName } }) => metadata.name === spec.gatewayClassName && controllerName === GATEWAY_CONTROLLER);
}

