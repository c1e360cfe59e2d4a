import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { apiServiceErrors, apiServiceStatusErrors } from './api-service-validation.ts';

export const apiServiceCondition = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition', {
    type: string().required().default('').tag(1).describe('Available.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type APIServiceCondition = TypeOf<ReturnType<typeof apiServiceCondition>>;

export const apiServiceSpec = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec', {
    service: serviceReference().tag(1).describe('The service that serves the API; this server itself where nothing is said.'),
    group: string().tag(2).describe('The group it serves.'),
    version: string().tag(3).describe('The version it serves; the object is named VERSION.GROUP.'),
    insecureSkipTLSVerify: boolean().tag(4).describe('Calls it without checking its certificate.'),
    caBundle: bytes().tag(5).describe('Certificates, as PEM in base64, that vouch for it; the system\'s where nothing is said.'),
    groupPriorityMinimum: int32().required().tag(7).describe('Groups with larger numbers are listed first, up to 20000.'),
    versionPriority: int32().required().tag(8).describe('Versions with larger numbers are listed first within the group, up to 1000.'),
  }));
export type APIServiceSpec = TypeOf<ReturnType<typeof apiServiceSpec>>;

export const apiServiceStatus = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus', {
    conditions: list(apiServiceCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type APIServiceStatus = TypeOf<ReturnType<typeof apiServiceStatus>>;

export const serviceReference = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference', {
    namespace: string().tag(1).describe('The service\'s namespace.'),
    name: string().tag(2).describe('The service\'s name.'),
    port: int32().pointer().default(443).tag(3).describe('The service\'s port.'),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const APIService = defineKind({
  group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService', plural: 'apiservices',
  categories: ['api-extensions'], scope: 'Cluster', package: 'kube-aggregator.pkg.apis.apiregistration.v1',
  description: 'Hands a group version to another API server.',
  spec: apiServiceSpec(),
  status: apiServiceStatus(),
  nameRule: 'path-segment',
  prepareForCreate: (service) => {
    if (service.spec.service) return service;
    const lastTransitionTime = service.metadata.creationTimestamp;
    const available = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available', ...(lastTransitionTime ? { lastTransitionTime } : {}) };
    return { ...service, status: { conditions: [available] } };
  },
  prepareForStatusUpdate: (service, old) => {
    const { labels, annotations, finalizers, ownerReferences } = old.metadata;
    return { ...service, metadata: withFields(service.metadata, { labels, annotations, finalizers, ownerReferences }) };
  },
  validate: apiServiceErrors,
  validateStatusUpdate: ({ status }, _old, at) => apiServiceStatusErrors(status, at.child('status')),
  columns: {
    Service: ({ spec }) => (spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local'),
    Available: ({ status }) => {
      const available = status.conditions?.find(({ type }) => type === 'Available');
      if (!available) return 'Unknown';
      return available.status !== 'True' && available.reason ? `False (${available.reason})` : available.status;
    },
    Age: age,
  },
});
export type APIService = InstanceOf<typeof APIService>;
