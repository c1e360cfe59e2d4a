/**
 * The ClusterRoles every cluster starts with, by upstream's names: see "Default roles and role bindings" in
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/. Lines are read by rule-text.ts.
 */
export interface RoleData {
  readonly rules: readonly string[];
  /** `admin`, `edit` or `view`: this role is aggregated into that one. */
  readonly into?: 'admin' | 'edit' | 'view';
  /** The rules are the union of the roles labelled for this name. */
  readonly aggregates?: 'admin' | 'edit' | 'view';
}

const READ = 'get,list,watch';
const WRITE = 'create,delete,deletecollection,patch,update';
const ALL = `${READ},${WRITE}`;
const EVENTS = 'create,patch,update | ,events.k8s.io | events';
const DELEGATION = ['create | authentication.k8s.io | tokenreviews', 'create | authorization.k8s.io | subjectaccessreviews'];

const APPS_VIEW = 'controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,' +
  'replicasets/status,statefulsets,statefulsets/scale,statefulsets/status';
const APPS_EDIT = 'daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale';

const userRoles: Readonly<Record<string, RoleData>> = {
  'cluster-admin': { rules: ['* | * | *', '* | /*'] },
  admin: { rules: [], aggregates: 'admin' },
  edit: { rules: [], aggregates: 'edit', into: 'admin' },
  view: { rules: [], aggregates: 'view', into: 'edit' },
  'system:aggregate-to-admin': {
    into: 'admin',
    rules: ['create | authorization.k8s.io | localsubjectaccessreviews', `${ALL} | rbac.authorization.k8s.io | rolebindings,roles`],
  },
  'system:aggregate-to-edit': {
    into: 'edit',
    rules: [
      `${READ} | | pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy`,
      'impersonate | | serviceaccounts',
      `${WRITE} | | pods,pods/attach,pods/exec,pods/portforward,pods/proxy`,
      'create | | pods/eviction',
      `${WRITE} | | configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy`,
      'create | | serviceaccounts/token',
      `${WRITE} | apps | ${APPS_EDIT}`,
      `${WRITE} | autoscaling | horizontalpodautoscalers`,
      `${WRITE} | batch | cronjobs,jobs`,
      `${WRITE} | policy | poddisruptionbudgets`,
      `${WRITE} | networking.k8s.io | ingresses,networkpolicies`,
      `${ALL} | coordination.k8s.io | leases`,
      `${WRITE} | resource.k8s.io | resourceclaims,resourceclaimtemplates`,
    ],
  },
  'system:aggregate-to-view': {
    into: 'view',
    rules: [
      `${READ} | | configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status`,
      `${READ} | | bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status`,
      `${READ} | | namespaces`,
      `${READ} | discovery.k8s.io | endpointslices`,
      `${READ} | apps | ${APPS_VIEW}`,
      `${READ} | autoscaling | horizontalpodautoscalers,horizontalpodautoscalers/status`,
      `${READ} | batch | cronjobs,cronjobs/status,jobs,jobs/status`,
      `${READ} | policy | poddisruptionbudgets,poddisruptionbudgets/status`,
      `${READ} | networking.k8s.io | ingresses,ingresses/status,networkpolicies`,
      `${READ} | resource.k8s.io | resourceclaims,resourceclaims/status,resourceclaimtemplates`,
    ],
  },
};

const HEALTH = '/healthz,/livez,/readyz,/version,/version/';

const everybodysRoles: Readonly<Record<string, RoleData>> = {
  'system:basic-user': {
    rules: ['create | authorization.k8s.io | selfsubjectaccessreviews,selfsubjectrulesreviews', 'create | authentication.k8s.io | selfsubjectreviews'],
  },
  'system:discovery': { rules: [`get | /api,/api/*,/apis,/apis/*,/openapi,/openapi/*,${HEALTH}`] },
  'system:public-info-viewer': { rules: [`get | ${HEALTH}`] },
  'system:monitoring': { rules: ['get | /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*'] },
  'system:service-account-issuer-discovery': { rules: ['get | /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/'] },
};

const signer = (name: string): RoleData => ({ rules: [`approve | certificates.k8s.io | signers | ${name}`] });
const CSR = 'system:certificates.k8s.io:';

const componentRoles: Readonly<Record<string, RoleData>> = {
  'system:auth-delegator': { rules: DELEGATION },
  [`${CSR}certificatesigningrequests:nodeclient`]: { rules: ['create | certificates.k8s.io | certificatesigningrequests/nodeclient'] },
  [`${CSR}certificatesigningrequests:selfnodeclient`]: { rules: ['create | certificates.k8s.io | certificatesigningrequests/selfnodeclient'] },
  [`${CSR}kube-apiserver-client-approver`]: signer('kubernetes.io/kube-apiserver-client'),
  [`${CSR}kube-apiserver-client-kubelet-approver`]: signer('kubernetes.io/kube-apiserver-client-kubelet'),
  [`${CSR}kubelet-serving-approver`]: signer('kubernetes.io/kubelet-serving'),
  [`${CSR}legacy-unknown-approver`]: signer('kubernetes.io/legacy-unknown'),
  'system:heapster': { rules: [`${READ} | | events,namespaces,nodes,pods`, `${READ} | extensions | deployments`] },
  'system:kube-aggregator': { rules: [`${READ} | | endpoints,services`] },
  'system:kube-dns': { rules: ['list,watch | | endpoints,services'] },
  'system:kube-controller-manager': {
    rules: [
      EVENTS, 'create | coordination.k8s.io | leases', 'get,update | coordination.k8s.io | leases | kube-controller-manager',
      'create | | secrets,serviceaccounts', 'delete | | secrets', 'get | | configmaps,namespaces,secrets,serviceaccounts',
      'update | | secrets,serviceaccounts', ...DELEGATION, 'list,watch | * | *', 'create | | serviceaccounts/token',
    ],
  },
  'system:kube-scheduler': {
    rules: [
      EVENTS, 'create | coordination.k8s.io | leases', 'get,list,watch | coordination.k8s.io | leases',
      'get,update | coordination.k8s.io | leases | kube-scheduler',
      `${READ} | | nodes`, 'delete,get,list,watch | | pods', 'create | | bindings,pods/binding', 'patch,update | | pods/status',
      `${READ} | | replicationcontrollers,services`, `${READ} | apps,extensions | replicasets`, `${READ} | apps | statefulsets`,
      `${READ} | policy | poddisruptionbudgets`, `${READ} | | persistentvolumeclaims,persistentvolumes`, ...DELEGATION,
      `${READ} | storage.k8s.io | csinodes`, `${READ} | | namespaces`, `${READ} | storage.k8s.io | csidrivers`,
      `${READ} | storage.k8s.io | csistoragecapacities,volumeattachments`,
      `${READ} | resource.k8s.io | deviceclasses,resourceclaims,resourceslices`, 'create,delete,patch,update | resource.k8s.io | resourceclaims',
      'patch,update | resource.k8s.io | resourceclaims/status',
    ],
  },
  'system:kubelet-api-admin': {
    rules: [`${READ} | | nodes`, 'proxy | | nodes', '* | | nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats'],
  },
  'system:node': {
    rules: [
      'create | authentication.k8s.io | tokenreviews', 'create | authorization.k8s.io | localsubjectaccessreviews,subjectaccessreviews',
      `${READ} | | services`, 'create,get,list,watch | | nodes', 'patch,update | | nodes/status', 'patch,update | | nodes',
      EVENTS, `${READ} | | pods`, 'create,delete | | pods', 'patch,update | | pods/status', 'create | | pods/eviction',
      `${READ} | | configmaps,secrets`, 'get | | persistentvolumeclaims,persistentvolumes', 'get | | endpoints',
      'create,get,list,watch | certificates.k8s.io | certificatesigningrequests',
      'create,delete,get,patch,update | coordination.k8s.io | leases', 'get | storage.k8s.io | volumeattachments',
      'create | | serviceaccounts/token', 'get,patch,update | | persistentvolumeclaims/status', `${READ} | storage.k8s.io | csidrivers`,
      'create,delete,get,patch,update | storage.k8s.io | csinodes', `${READ} | node.k8s.io | runtimeclasses`,
      `get | resource.k8s.io | resourceclaims`, 'deletecollection,create,delete,get,list,patch,update,watch | resource.k8s.io | resourceslices',
    ],
  },
  'system:node-bootstrapper': { rules: ['create,get,list,watch | certificates.k8s.io | certificatesigningrequests'] },
  'system:node-problem-detector': { rules: ['get | | nodes', 'patch | | nodes/status', EVENTS] },
  'system:node-proxier': {
    rules: ['list,watch | | endpoints,services', `${READ} | | nodes`, EVENTS, 'list,watch | discovery.k8s.io | endpointslices',
      'list,watch | networking.k8s.io | servicecidrs'],
  },
  'system:persistent-volume-provisioner': {
    rules: ['create,delete,get,list,watch | | persistentvolumes', 'get,list,update,watch | | persistentvolumeclaims',
      `${READ} | storage.k8s.io | storageclasses`, 'watch | | events', EVENTS],
  },
  'system:volume-scheduler': {
    rules: ['get,list,patch,update,watch | | persistentvolumes', `${READ} | storage.k8s.io | storageclasses`, 'get,list,patch,update,watch | | persistentvolumeclaims'],
  },
};

export const clusterRoles: Readonly<Record<string, RoleData>> = { ...userRoles, ...everybodysRoles, ...componentRoles };
