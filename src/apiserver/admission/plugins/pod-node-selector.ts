import type { PodSpec } from '../../../kinds/core/pod-spec.ts';
import { type ApiError, forbiddenRequest } from '../../../meta/api-error.ts';
import { getOwn } from '../../../meta/own.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin } from '../admission.ts';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';
const CLUSTER_DEFAULT = 'clusterDefaultNodeSelector';
type Labels = Readonly<Record<string, string>>;

/** A namespace's pods go to the nodes it may use: an annotation says which, and the configuration which it may say (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector). */
export const podNodeSelector: AdmissionPlugin = {
  name: 'PodNodeSelector',
  on: { operations: ['CREATE'], resources: ['pods'] },

  mutate({ object, namespace, name }, core) {
    const wanted = selectorOf(core, namespace, name);
    const spec = object['spec'] as PodSpec;
    if (conflict(wanted, spec.nodeSelector ?? {})) throw refused(name, 'pod node label selector conflicts with its namespace node label selector');
    return Object.keys(wanted).length === 0 ? object : { ...object, spec: { ...spec, nodeSelector: { ...wanted, ...spec.nodeSelector } } };
  },

  validate({ object, namespace, name }, core) {
    const own = (object['spec'] as PodSpec).nodeSelector ?? {};
    if (conflict(selectorOf(core, namespace, name), own)) throw refused(name, 'pod node label selector conflicts with its namespace node label selector');
    const allowed = configured(core, namespace);
    if (allowed === undefined || allowed === '') return;
    const may = parse(allowed, name);
    if (!Object.entries(own).every(([key, value]) => getOwn(may, key) === value)) throw refused(name, 'pod node label selector labels conflict with its namespace whitelist');
  },
};

const refused = (pod: string, why: string): ApiError => forbiddenRequest({ group: '', plural: 'pods' }, pod, why);
const conflict = (one: Labels, other: Labels): boolean => Object.entries(one).some(([key, value]) => (getOwn(other, key) ?? value) !== value);

/** A namespace may well be called `constructor`. */
const configured = ({ config }: Core, name: string): string | undefined => {
  const selectors = config.admission?.plugins?.podNodeSelector ?? {};
  return Object.hasOwn(selectors, name) ? selectors[name] : undefined;
};

function selectorOf(core: Core, namespace: string, pod: string): Labels {
  const annotation = core.resources.of('', 'namespaces')?.cache.object('', namespace)?.metadata.annotations?.[ANNOTATION];
  return parse(annotation ?? configured(core, CLUSTER_DEFAULT) ?? '', pod);
}

/** `zone=east,disk=fast` */
function parse(text: string, pod: string): Labels {
  const pairs = text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => /^([^=!<>\s]+)\s*={1,2}\s*([^=\s]*)$/.exec(part));
  if (pairs.includes(null)) throw refused(pod, `invalid selector: [${text}]`);
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
}
