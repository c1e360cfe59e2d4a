/** What a claim asks for: requests, what they have in common, configuration. Classes say the same of selectors and configuration. */
import { type FieldPath, forbidden, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type {
  DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceSubRequest, DeviceToleration, ExactDeviceRequest, OpaqueDeviceConfiguration,
} from './device-claim.ts';
import { compileSelector } from './device-selector.ts';
import { fullAttributeNameErrors, keyErrors, labelNameErrors, labelValueErrors, listErrors, resourceDriverErrors } from './device-names.ts';

export const MAX_REQUESTS = 32;
const MAX_CONSTRAINTS = 32;
export const MAX_CONFIGS = 32;
const MAX_SELECTORS = 32;
const MAX_ALTERNATIVES = 8;
const MAX_TOLERATIONS = 16;
const MAX_EXPRESSION_BYTES = 10 * 1024;
const MAX_PARAMETERS_BYTES = 10 * 1024;

/** Whether a claim has the request that a text names, `request` or `request/alternative`. */
export type KnowsRequest = (reference: string) => boolean;

export function requestsOf({ requests }: DeviceClaim): KnowsRequest {
  const known = new Set((requests ?? []).flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((one) => `${name}/${one.name}`)]));
  return (reference) => known.has(reference);
}

export function* deviceClaimErrors(claim: DeviceClaim, at: FieldPath): Errors {
  const knows = requestsOf(claim);
  yield* listErrors(claim.requests ?? [], at.child('requests'), { max: MAX_REQUESTS, each: requestErrors, key: ({ name }) => name });
  yield* listErrors(claim.constraints, at.child('constraints'), { max: MAX_CONSTRAINTS, each: (one, here) => constraintErrors(one, knows, here) });
  yield* listErrors(claim.config, at.child('config'), {
    max: MAX_CONFIGS,
    *each({ requests, opaque }, here) {
      yield* referenceErrors(requests, knows, here.child('requests'));
      yield* configurationErrors(opaque, here);
    },
  });
}

const ONE_WAY = 'exactly one of `exactly` or `firstAvailable` is required';

function* requestErrors({ name, exactly, firstAvailable = [] }: DeviceRequest, at: FieldPath): Errors {
  yield* requestNameErrors(name, at.child('name'));
  if (exactly && firstAvailable.length > 0) yield invalid(at, undefined, `${ONE_WAY}, but multiple fields are set`);
  else if (exactly) yield* deviceErrors(exactly, at.child('exactly'));
  else if (firstAvailable.length === 0) yield required(at, ONE_WAY);
  else yield* listErrors(firstAvailable, at.child('firstAvailable'), { max: MAX_ALTERNATIVES, each: alternativeErrors, key: (one) => one.name });
}

function* requestNameErrors(name: string, at: FieldPath): Errors {
  if (!name) yield required(at);
  else yield* labelNameErrors(name, at);
}

function* alternativeErrors(request: DeviceSubRequest, at: FieldPath): Errors {
  yield* requestNameErrors(request.name, at.child('name'));
  yield* deviceErrors(request, at);
}

const MODES = ['All', 'ExactCount'];

function* deviceErrors({ deviceClassName, selectors, allocationMode = '', count = 0, tolerations }: ExactDeviceRequest | DeviceSubRequest, at: FieldPath): Errors {
  if (!deviceClassName) yield required(at.child('deviceClassName'));
  else yield* problemsAt(at.child('deviceClassName'), deviceClassName, dnsSubdomainProblems(deviceClassName));
  yield* selectorErrors(selectors, at.child('selectors'));
  if (!MODES.includes(allocationMode)) yield notSupported(at.child('allocationMode'), allocationMode, MODES);
  else if (allocationMode === 'All' && count !== 0) yield invalid(at.child('count'), count, "must not be specified when allocationMode is 'All'");
  else if (allocationMode === 'ExactCount' && count <= 0) yield invalid(at.child('count'), count, 'must be greater than zero');
  yield* tolerationErrors(tolerations, at.child('tolerations'));
}

export const selectorErrors = (selectors: readonly DeviceSelector[] | undefined, at: FieldPath): Errors =>
  listErrors(selectors, at, {
    max: MAX_SELECTORS,
    *each({ cel }, here) {
      if (!cel) yield required(here.child('cel'));
      else if (cel.expression.length > MAX_EXPRESSION_BYTES) yield tooLong(here.child('cel').child('expression'), MAX_EXPRESSION_BYTES);
      else yield* expressionErrors(cel.expression, here.child('cel').child('expression'));
    },
  });

function* expressionErrors(expression: string, at: FieldPath): Errors {
  const compiled = compileSelector(expression);
  if (compiled.ok) return;
  yield compiled.problem === 'invalid' ? invalid(at, expression, compiled.reason) : forbidden(at, compiled.reason);
}

function* constraintErrors({ requests, matchAttribute, distinctAttribute }: DeviceConstraint, knows: KnowsRequest, at: FieldPath): Errors {
  yield* referenceErrors(requests, knows, at.child('requests'));
  if (matchAttribute !== undefined) yield* fullAttributeNameErrors(matchAttribute, at.child('matchAttribute'));
  else if (distinctAttribute !== undefined) yield* fullAttributeNameErrors(distinctAttribute, at.child('distinctAttribute'));
  else yield required(at, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set');
}

export const referenceErrors = (names: readonly string[] | undefined, knows: KnowsRequest, at: FieldPath): Errors =>
  listErrors(names, at, { max: MAX_REQUESTS, each: (name, here) => referenceTo(name, knows, here), key: (name) => name });

const NO_SUCH_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

export function* referenceTo(name: string, knows: KnowsRequest, at: FieldPath): Errors {
  const parts = name.split('/');
  if (parts.length > 2) return void (yield invalid(at, name, NO_SUCH_REQUEST));
  for (const part of parts) yield* requestNameErrors(part, at);
  if (!knows(name)) yield invalid(at, name, NO_SUCH_REQUEST);
}

export function* configurationErrors(opaque: OpaqueDeviceConfiguration | undefined, at: FieldPath): Errors {
  const here = at.child('opaque');
  if (!opaque) return void (yield required(here));
  yield* resourceDriverErrors(opaque.driver, here.child('driver'));
  yield* rawErrors(opaque.parameters, MAX_PARAMETERS_BYTES, here.child('parameters'));
}

/** A JSON object of bounded size. */
export function* rawErrors(value: unknown, maxBytes: number, at: FieldPath): Errors {
  if (value === undefined || value === null) yield required(at);
  else if (JSON.stringify(value).length > maxBytes) yield tooLong(at, maxBytes);
  else if (typeof value !== 'object' || Array.isArray(value)) yield invalid(at, '<value omitted>', 'must be a valid JSON object');
}

const OPERATORS = ['Equal', 'Exists'];
export const DEVICE_EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

export const tolerationErrors = (tolerations: readonly DeviceToleration[] | undefined, at: FieldPath): Errors =>
  listErrors(tolerations, at, { max: MAX_TOLERATIONS, each: oneTolerationErrors });

function* oneTolerationErrors({ key, operator = '', value = '', effect }: DeviceToleration, at: FieldPath): Errors {
  if (key) yield* keyErrors(key, at.child('key'));
  if (operator === '') yield required(at.child('operator'));
  else if (!OPERATORS.includes(operator)) yield notSupported(at.child('operator'), operator, OPERATORS);
  else if (operator === 'Equal') yield* labelValueErrors(value, at.child('value'));
  else if (value) yield invalid(at.child('value'), value, 'must be empty for operator `Exists`');
  if (effect && !DEVICE_EFFECTS.includes(effect)) yield notSupported(at.child('effect'), effect, DEVICE_EFFECTS);
}
