const READ = 'get,list,watch';
const EVENTS = 'create,patch,update | ,events.k8s.io | events';
const APPS = 'apps,extensions';
const WORKLOADS = [`${READ} | apps | daemonsets,deployments,replicasets,statefulsets`, `${READ} | | replicationcontrollers`];

/** `system:controller:<name>`: what each controller of the controller manager needs, as upstream grants it. */
export const controllerRoles: Readonly<Record<string, readonly string[]>> = {
  'attachdetach-controller': [
    'list,watch | | persistentvolumes,persistentvolumeclaims', `${READ} | | nodes`, 'patch,update | | nodes/status', 'list,watch | | pods', EVENTS,
    'create,delete,get,list,watch | storage.k8s.io | volumeattachments', `${READ} | storage.k8s.io | csidrivers,csinodes`,
  ],
  'certificate-controller': [
    'delete,get,list,watch | certificates.k8s.io | certificatesigningrequests',
    'update | certificates.k8s.io | certificatesigningrequests/approval,certificatesigningrequests/status',
    'approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet',
    'sign | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown',
    'create | authorization.k8s.io | subjectaccessreviews', EVENTS,
  ],
  'clusterrole-aggregation-controller': ['escalate,get,list,patch,update,watch | rbac.authorization.k8s.io | clusterroles'],
  'cronjob-controller': [
    'get,list,update,watch | batch | cronjobs', 'create,delete,get,list,patch,update,watch | batch | jobs', 'update | batch | cronjobs/status',
    'update | batch | cronjobs/finalizers', 'delete,list,watch | | pods', EVENTS,
  ],
  'daemon-set-controller': [
    `${READ} | ${APPS} | daemonsets`, `update | ${APPS} | daemonsets/finalizers,daemonsets/status`, 'list,watch | | nodes',
    'create,delete,list,patch,watch | | pods', 'create | | pods/binding', 'create,delete,get,list,patch,update,watch | apps | controllerrevisions', EVENTS,
  ],
  'deployment-controller': [
    `get,list,update,watch | ${APPS} | deployments`, `update | ${APPS} | deployments/finalizers,deployments/status`,
    `create,delete,get,list,patch,update,watch | ${APPS} | replicasets`, 'get,list,update,watch | | pods', EVENTS,
  ],
  'device-taint-eviction-controller': [
    'delete,get,list,watch | | pods', 'patch,update | | pods/status', `${READ} | resource.k8s.io | deviceclasses,resourceclaims,resourceslices`, EVENTS,
  ],
  'disruption-controller': [
    ...WORKLOADS, `${READ} | policy | poddisruptionbudgets`, 'update | policy | poddisruptionbudgets/status', 'patch,update | | pods/status',
    'get | * | */scale', `${READ} | | pods`, EVENTS,
  ],
  'endpoint-controller': [
    `${READ} | | pods,services`, 'create,delete,get,list,update,watch | | endpoints', 'create | | endpoints/restricted', EVENTS,
  ],
  'endpointslice-controller': [
    `${READ} | | nodes,pods,services`, 'update | | services/finalizers', 'create,delete,get,list,update,watch | discovery.k8s.io | endpointslices',
    'create | discovery.k8s.io | endpointslices/restricted', EVENTS,
  ],
  'endpointslicemirroring-controller': [
    `${READ} | | endpoints,services`, 'update | | endpoints/finalizers,services/finalizers',
    'create,delete,get,list,update,watch | discovery.k8s.io | endpointslices', 'create | discovery.k8s.io | endpointslices/restricted', EVENTS,
  ],
  'ephemeral-volume-controller': [`${READ} | | pods`, 'update | | pods/finalizers', 'create,get,list,watch | | persistentvolumeclaims', EVENTS],
  'expand-controller': [
    'get,list,patch,update,watch | | persistentvolumes', 'patch,update | | persistentvolumeclaims/status', `${READ} | | persistentvolumeclaims`,
    'get | | services', EVENTS,
  ],
  'generic-garbage-collector': ['delete,get,list,patch,update,watch | * | *', EVENTS],
  'horizontal-pod-autoscaler': [
    `${READ} | autoscaling | horizontalpodautoscalers`, 'update | autoscaling | horizontalpodautoscalers/status', 'get,update | * | */scale',
    'list,watch | | pods', 'list | metrics.k8s.io | pods', 'get,list | custom.metrics.k8s.io,external.metrics.k8s.io | *', EVENTS,
  ],
  'job-controller': [
    'get,list,patch,update,watch | batch | jobs', 'update | batch | jobs/finalizers,jobs/status', 'create,delete,list,patch,watch | | pods', EVENTS,
  ],
  'legacy-service-account-token-cleaner': [
    'get | | configmaps | kube-apiserver-legacy-service-account-token-tracking', 'delete,get,list,patch,watch | | secrets', `${READ} | | pods,serviceaccounts`,
  ],
  'namespace-controller': ['delete,get,list,watch | | namespaces', 'update | | namespaces/finalize,namespaces/status', 'delete,deletecollection,get,list | * | *'],
  'node-controller': [
    'delete,get,list,patch,update,watch | | nodes', 'patch,update | | nodes/status', 'patch,update | | pods/status', 'delete,get,list,watch | | pods',
    `${READ} | networking.k8s.io | clustercidrs`, EVENTS,
  ],
  'persistent-volume-binder': [
    'create,delete,get,list,update,watch | | persistentvolumes', 'update | | persistentvolumes/status', 'get,list,update,watch | | persistentvolumeclaims',
    'update | | persistentvolumeclaims/status', 'create,delete,get,list,watch | | pods', `${READ} | storage.k8s.io | storageclasses`,
    'create,delete,get,update | | endpoints,services', 'get,list | | secrets', `${READ} | | nodes`, 'watch | | events', EVENTS,
  ],
  'pod-garbage-collector': ['delete,list,watch | | pods', 'get,list,watch | | nodes', 'patch,update | | pods/status'],
  'pv-protection-controller': ['get,list,update,watch | | persistentvolumes', EVENTS],
  'pvc-protection-controller': ['get,list,update,watch | | persistentvolumeclaims', `${READ} | | pods`, EVENTS],
  'replicaset-controller': [
    `get,list,update,watch | ${APPS} | replicasets`, `update | ${APPS} | replicasets/finalizers,replicasets/status`, 'create,delete,list,patch,watch | | pods', EVENTS,
  ],
  'replication-controller': [
    'get,list,update,watch | | replicationcontrollers', 'update | | replicationcontrollers/finalizers,replicationcontrollers/status',
    'create,delete,list,patch,watch | | pods', EVENTS,
  ],
  'resource-claim-controller': [
    `${READ} | | pods`, 'update | | pods/finalizers', 'create,delete,get,list,watch | resource.k8s.io | resourceclaims',
    'patch,update | resource.k8s.io | resourceclaims,resourceclaims/status', 'patch,update | | pods/status', EVENTS,
  ],
  'resourcequota-controller': ['list,watch | * | *', 'update | | resourcequotas/status', EVENTS],
  'root-ca-cert-publisher': ['create,update | | configmaps', EVENTS],
  'service-account-controller': ['create | | serviceaccounts', EVENTS],
  'service-cidrs-controller': [
    'get,list,patch,update,watch | networking.k8s.io | servicecidrs', 'patch,update | networking.k8s.io | servicecidrs/finalizers,servicecidrs/status',
    `${READ} | networking.k8s.io | ipaddresses`, EVENTS,
  ],
  'statefulset-controller': [
    'list,watch | | pods', `${READ} | apps | statefulsets`, 'update | apps | statefulsets/finalizers,statefulsets/status',
    'create,delete,get,patch,update | | pods', 'create,delete,get,list,patch,update,watch | apps | controllerrevisions',
    'create,delete,get,update | | persistentvolumeclaims', EVENTS,
  ],
  'ttl-after-finished-controller': ['delete,get,list,watch | batch | jobs', EVENTS],
  'ttl-controller': ['list,patch,update,watch | | nodes', EVENTS],
  'validatingadmissionpolicy-status-controller': [
    `${READ} | admissionregistration.k8s.io | validatingadmissionpolicies`, 'get,patch,update | admissionregistration.k8s.io | validatingadmissionpolicies/status', EVENTS,
  ],
  'volumeattributesclass-protection-controller': [
    `${READ} | | persistentvolumeclaims`, `${READ} | | persistentvolumes`, 'get,list,update,watch | storage.k8s.io | volumeattributesclasses', EVENTS,
  ],
};
