/** What a probe or hook speaks to: the container's own address unless its specification says otherwise. */
import type { Container } from '../../kinds/core/container.ts';
import type { HTTPGetAction } from '../../kinds/core/probe.ts';
import type { HttpTarget } from './http.ts';

/** @throws Error with upstream's text where a name is no port of the container */
export function portOf(port: number | string, container: Pick<Container, 'name' | 'ports'>): number {
  const number = typeof port === 'number' ? port : (container.ports ?? []).find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new Error(Number.isInteger(number) ? `invalid port number: ${number}` : `couldn't find port: ${port} in container ${container.name}`);
}

export function httpTarget(action: HTTPGetAction, container: Pick<Container, 'name' | 'ports'>, { podIp, agent }: { readonly podIp: string; readonly agent: string }): HttpTarget {
  const own: Record<string, string[]> = {};
  for (const { name, value } of action.httpHeaders ?? []) (own[name.toLowerCase()] ??= []).push(value);
  const headers: Record<string, string | readonly string[]> = { 'user-agent': agent, accept: '*/*' };
  for (const [name, values] of Object.entries(own)) {
    // `Accept: ''` and `User-Agent: ''` mean none; of Host there is one.
    if (values[0] === '' && ['accept', 'user-agent'].includes(name)) delete headers[name];
    else headers[name] = values.length === 1 || name === 'host' ? values.at(-1)! : values;
  }
  return {
    scheme: (action.scheme ?? 'HTTP').toLowerCase() === 'https' ? 'https' : 'http',
    host: action.host || podIp, port: portOf(action.port, container), path: action.path ?? '/', headers,
  };
}
