/** The columns of tables, as upstream's printers define them: integers, booleans and dates said, wide ones in brackets. */
import { expect, test } from 'vitest';
import { toTable } from '../schema/table.ts';
import { builtinKinds } from './index.ts';

const COLUMNS = {
  'admissionregistration.k8s.io MutatingAdmissionPolicy': 'Mutations integer, ParamKind, Age',
  'admissionregistration.k8s.io MutatingAdmissionPolicyBinding': 'PolicyName, ParamRef, Age',
  'admissionregistration.k8s.io MutatingWebhookConfiguration': 'Webhooks integer, Age',
  'admissionregistration.k8s.io ValidatingAdmissionPolicy': 'Validations integer, ParamKind, Age',
  'admissionregistration.k8s.io ValidatingAdmissionPolicyBinding': 'PolicyName, ParamRef, Age',
  'admissionregistration.k8s.io ValidatingWebhookConfiguration': 'Webhooks integer, Age',
  'apiextensions.k8s.io CustomResourceDefinition': 'Created At date',
  'apiregistration.k8s.io APIService': 'Service, Available, Age',
  'autoscaling HorizontalPodAutoscaler': 'Reference, Targets, MinPods, MaxPods, Replicas, Age',
  'certificates.k8s.io CertificateSigningRequest': 'Age, SignerName, Requestor, RequestedDuration, Condition',
  'coordination.k8s.io Lease': 'Holder, Age',
  'discovery.k8s.io EndpointSlice': 'AddressType, Ports, Endpoints, Age',
  'flowcontrol.apiserver.k8s.io FlowSchema': 'PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL',
  'flowcontrol.apiserver.k8s.io PriorityLevelConfiguration': 'Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age',
  'networking.k8s.io IPAddress': 'ParentRef',
  'networking.k8s.io Ingress': 'Class, Hosts, Address, Ports, Age',
  'networking.k8s.io IngressClass': 'Controller, Parameters, Age',
  'networking.k8s.io NetworkPolicy': 'Pod-Selector, Age',
  'networking.k8s.io ServiceCIDR': 'CIDRs, Age',
  'node.k8s.io RuntimeClass': 'Handler, Age',
  'policy PodDisruptionBudget': 'Min Available, Max Unavailable, Allowed Disruptions integer, Age',
  'rbac.authorization.k8s.io ClusterRole': 'Created At date',
  'rbac.authorization.k8s.io ClusterRoleBinding': 'Role, Age, (Users), (Groups), (ServiceAccounts)',
  'rbac.authorization.k8s.io Role': 'Created At date',
  'rbac.authorization.k8s.io RoleBinding': 'Role, Age, (Users), (Groups), (ServiceAccounts)',
  'scheduling.k8s.io PriorityClass': 'Value integer, Global-Default boolean, Age, PreemptionPolicy',
  ' LimitRange': 'Created At date',
  ' Namespace': 'Status, Age',
  ' ResourceQuota': 'Request, Limit, Age',
};

test.each(Object.entries(COLUMNS))('%s shows %s', (name, expected) => {
  for (const kind of builtinKinds.filter((one) => `${one.group} ${one.kind}` === name)) {
    const { columnDefinitions } = toTable(kind, [], { now: 0 });
    expect(columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    const shown = columnDefinitions.slice(1).map((column) => `${column.name}${column.type === 'string' ? '' : ` ${column.type}`}`);
    expect(shown.map((text, index) => (columnDefinitions[index + 1]!.priority > 0 ? `(${text})` : text)).join(', ')).toBe(expected);
  }
  expect(builtinKinds.some((one) => `${one.group} ${one.kind}` === name)).toBe(true);
});
