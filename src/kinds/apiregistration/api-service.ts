import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';

export const apiServiceCondition = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type APIServiceCondition = TypeOf<ReturnType<typeof apiServiceCondition>>;

export const apiServiceSpec = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec', {
    service: serviceReference().tag(1),
    group: string().tag(2),
    version: string().tag(3),
    insecureSkipTLSVerify: boolean().tag(4),
    caBundle: bytes().tag(5),
    groupPriorityMinimum: int32().required().tag(7),
    versionPriority: int32().required().tag(8),
  }));
export type APIServiceSpec = TypeOf<ReturnType<typeof apiServiceSpec>>;

export const apiServiceStatus = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus', {
    conditions: list(apiServiceCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type APIServiceStatus = TypeOf<ReturnType<typeof apiServiceStatus>>;

export const serviceReference = part(() =>
  object('kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference', {
    namespace: string().tag(1),
    name: string().tag(2),
    port: int32().pointer().default(443).tag(3),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const APIService = defineKind({
  group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService', plural: 'apiservices',
  categories: ['api-extensions'], scope: 'Cluster', package: 'kube-aggregator.pkg.apis.apiregistration.v1',
  description: 'Hands a group version to another API server.',
  spec: apiServiceSpec(),
  status: apiServiceStatus(),
  columns: {
    Service: ({ spec }) => (spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local'),
    Available: ({ status }) => {
      const available = status.conditions?.find(({ type }) => type === 'Available');
      if (!available) return 'Unknown';
      return available.status === 'False' && available.reason ? `False (${available.reason})` : available.status;
    },
    Age: age,
  },
});
export type APIService = InstanceOf<typeof APIService>;
