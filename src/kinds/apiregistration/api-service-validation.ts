import { type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dns1035LabelProblems, dnsSubdomainProblems, portProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { APIServiceSpec, APIServiceStatus } from './api-service.ts';

interface ServiceLike {
  readonly metadata: { readonly name: string };
  readonly spec: APIServiceSpec;
}

export function* apiServiceErrors({ metadata, spec }: ServiceLike, root: FieldPath): Errors {
  const at = root.child('spec');
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec;
  const name = `${version}.${group}`;
  if (metadata.name !== name) yield invalid(root.child('metadata').child('name'), metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`);
  if (group === '' && version !== 'v1') yield required(at.child('group'), 'only v1 may have an empty group and it better be legacy kube');
  if (group !== '') yield* problemsAt(at.child('group'), group, dnsSubdomainProblems(group));
  yield* problemsAt(at.child('version'), version, dns1035LabelProblems(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) yield invalid(at.child('groupPriorityMinimum'), groupPriorityMinimum, 'must be positive and less than 20000');
  if (versionPriority <= 0 || versionPriority > 1000) yield invalid(at.child('versionPriority'), versionPriority, 'must be positive and less than 1000');
  yield* serviceErrors(spec, at);
}

function* serviceErrors({ service, caBundle = '', insecureSkipTLSVerify = false }: APIServiceSpec, at: FieldPath): Errors {
  if (!service) {
    const bytes = Math.floor((caBundle.replaceAll('=', '').length * 3) / 4);
    if (caBundle !== '') yield invalid(at.child('caBundle'), `${bytes} bytes`, 'local APIServices may not have a caBundle');
    if (insecureSkipTLSVerify) yield invalid(at.child('insecureSkipTLSVerify'), true, 'local APIServices may not have insecureSkipTLSVerify');
    return;
  }
  const here = at.child('service');
  if (!service.namespace) yield required(here.child('namespace'));
  if (!service.name) yield required(here.child('name'));
  const problems = portProblems(service.port);
  if (problems.length > 0) yield invalid(here.child('port'), service.port, `port is not valid: ${problems.join(', ')}`);
  if (insecureSkipTLSVerify && caBundle !== '') yield invalid(at.child('insecureSkipTLSVerify'), true, 'may not be true if caBundle is present');
}

export function* apiServiceStatusErrors({ conditions = [] }: APIServiceStatus, at: FieldPath): Errors {
  for (const [index, { status }] of conditions.entries()) {
    if (!['True', 'False', 'Unknown'].includes(status)) yield notSupported(at.child('conditions').index(index).child('status'), status, ['True', 'False', 'Unknown']);
  }
}
