/** The groups of this server, as upstream ranks them: GROUP VERSION, the group's priority, the version's. */
const RANKS = `
v1 18000 1
apps/v1 17800 15
events.k8s.io/v1 17750 15
authentication.k8s.io/v1 17700 15
authorization.k8s.io/v1 17600 15
autoscaling/v1 17500 15
autoscaling/v2 17500 30
batch/v1 17400 15
batch/v1beta1 17400 9
certificates.k8s.io/v1 17300 15
networking.k8s.io/v1 17200 15
policy/v1 17100 15
policy/v1beta1 17100 9
rbac.authorization.k8s.io/v1 17000 15
storage.k8s.io/v1 16800 15
apiextensions.k8s.io/v1 16700 15
admissionregistration.k8s.io/v1 16700 15
scheduling.k8s.io/v1 16600 15
coordination.k8s.io/v1 16500 15
node.k8s.io/v1 16300 15
discovery.k8s.io/v1 16200 15
discovery.k8s.io/v1beta1 16200 12
flowcontrol.apiserver.k8s.io/v1 16100 21
resource.k8s.io/v1 15900 15
`;

export interface Rank {
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
}

const ranks = new Map(RANKS.trim().split('\n').map((line): [string, Rank] => {
  const [name = '', group, version] = line.split(' ');
  return [name, { groupPriorityMinimum: Number(group), versionPriority: Number(version) }];
}));

/** undefined for groups that custom resources bring. */
export const rankOf = (apiVersion: string): Rank | undefined => ranks.get(apiVersion);

/** Of custom resources' groups. */
export const CUSTOM_RANK: Rank = { groupPriorityMinimum: 1000, versionPriority: 100 };
