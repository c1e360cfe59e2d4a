/** Probes and lifecycle hooks. */
import { type FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import { type Errors, nonNegatives, portNumber, portNumberOrName } from '../checks.ts';
import type { Container } from './container.ts';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from './probe.ts';

/** All that a container that stays may have and one that ends may not. */
export function* probeErrors({ lifecycle, livenessProbe, readinessProbe, startupProbe }: Container, grace: number, at: FieldPath): Errors {
  if (lifecycle) yield* lifecycleErrors(lifecycle, grace, at.child('lifecycle'));
  if (livenessProbe) yield* singleSuccess(livenessProbe, at.child('livenessProbe'));
  if (readinessProbe) {
    const here = at.child('readinessProbe');
    yield* oneProbe(readinessProbe, here);
    const period = readinessProbe.terminationGracePeriodSeconds;
    if (period !== undefined) yield invalid(here.child('terminationGracePeriodSeconds'), period, 'must not be set for readinessProbes');
  }
  if (startupProbe) yield* singleSuccess(startupProbe, at.child('startupProbe'));
}

function* singleSuccess(probe: Probe, at: FieldPath): Errors {
  yield* oneProbe(probe, at);
  if (probe.successThreshold !== 1) yield invalid(at.child('successThreshold'), probe.successThreshold, 'must be 1');
}

function* oneProbe(probe: Probe, at: FieldPath): Errors {
  const { exec, httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: period } = probe;
  yield* handlerErrors({ exec, httpGet, tcpSocket, grpc }, 0, at);
  yield* nonNegatives(at, probe, ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']);
  if (period !== undefined && period <= 0) yield invalid(at.child('terminationGracePeriodSeconds'), period, 'must be greater than 0');
}

function* lifecycleErrors({ postStart, preStop }: Lifecycle, grace: number, at: FieldPath): Errors {
  if (postStart) yield* handlerErrors(postStart, grace, at.child('postStart'));
  if (preStop) yield* handlerErrors(preStop, grace, at.child('preStop'));
}

type Handler = { readonly [K in keyof (Probe & LifecycleHandler)]?: (Probe & LifecycleHandler)[K] | undefined };
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** One handler, and no more, each with its own demands. */
function* handlerErrors(handler: Handler, grace: number, at: FieldPath): Errors {
  const given = HANDLERS.filter((name) => handler[name] !== undefined);
  if (given.length === 0) yield required(at, 'must specify a handler type');
  for (const name of given.slice(1)) yield forbidden(at.child(name), 'may not specify more than 1 handler type');
  switch (given[0]) {
    case 'exec':
      if (!handler.exec!.command?.length) yield required(at.child('exec').child('command'));
      break;
    case 'httpGet':
      yield* httpErrors(handler.httpGet!, at.child('httpGet'));
      break;
    case 'tcpSocket':
      yield* portNumberOrName(at.child('tcpSocket').child('port'), handler.tcpSocket!.port);
      break;
    case 'grpc':
      yield* portNumber(at.child('grpc').child('port'), handler.grpc!.port);
      break;
    case 'sleep':
      if (handler.sleep!.seconds < 0 || handler.sleep!.seconds > grace) {
        yield invalid(at.child('sleep'), handler.sleep!.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`);
      }
  }
}

const HEADER = '[-A-Za-z0-9]+';
const HEADER_NAME = new RegExp(`^${HEADER}$`);

function* httpErrors({ port, httpHeaders = [] }: HTTPGetAction, at: FieldPath): Errors {
  yield* portNumberOrName(at.child('port'), port);
  for (const { name } of httpHeaders) {
    if (HEADER_NAME.test(name)) continue;
    yield invalid(at.child('httpHeaders'), name, `a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '${HEADER}')`);
  }
}
