import { Refusal, type NodeRequest } from '../cli/index.ts';
import { refuseTooMany } from './ranges.ts';
import { clusterCidrsOf } from './settings-families.ts';
import { withMore, type NodePlace, type Settings } from './settings.ts';

/** As many as the pod network has parts for, and the link addresses. */
export const MOST_NODES = 99;

/** What the cluster is after a request, and the nodes that it is about. */
export interface NodeChange {
  readonly settings: Settings;
  readonly about: readonly NodePlace[];
}

/** The settings after something was done to nodes. Pure. @throws Refusal where it cannot be done */
export function changeNodes(settings: Settings, request: NodeRequest): NodeChange {
  refuseShared(settings);
  if (request.verb === 'add') return add(settings, request.count);
  const node = settings.nodes.find(({ name }) => name === request.name);
  if (!node) throw new Refusal(`there is no node ${request.name}`, `there are: ${settings.nodes.map(({ name }) => name).join(', ')}`);
  return { settings: CHANGES[request.verb](settings, node.name), about: [node] };
}

/** A host among hosts is needed: the machine itself cannot be unplugged, nor can others join it on its bridge. */
function refuseShared({ nodes }: Settings): void {
  if (nodes.length === 0) throw new Refusal('this cluster has only simulated nodes', 'real ones come with: knarr up --nodes N');
  if (nodes.some(({ place }) => place === 'host')) {
    throw new Refusal('the only node of this cluster is the machine itself', 'hosts of their own come with: knarr down, then knarr up --nodes 2');
  }
}

function add(settings: Settings, count: number): NodeChange {
  if (settings.nodes.length + count > MOST_NODES) throw new Refusal(`there are ${settings.nodes.length} nodes, and one machine takes ${MOST_NODES}`);
  const nodes = withMore(settings.nodes, count, settings);
  refuseTooMany(clusterCidrsOf(settings), Math.max(...nodes.map(({ index }) => index)));
  const about = nodes.filter((node) => !settings.nodes.includes(node));
  const added = new Set(about.map(({ name }) => name));
  return { settings: { ...settings, nodes, retired: settings.retired.filter((name) => !added.has(name)) }, about };
}

const without = (names: readonly string[] = [], name: string): readonly string[] => names.filter((other) => other !== name);

const CHANGES: Readonly<Record<Exclude<NodeRequest['verb'], 'add'>, (settings: Settings, name: string) => Settings>> = {
  remove(settings, name) {
    if (settings.nodes.length === 1) throw new Refusal(`${name} is the last node`, 'the whole cluster goes with: knarr down --purge');
    return {
      ...settings, nodes: settings.nodes.filter((node) => node.name !== name), retired: [...settings.retired, name],
      stopped: without(settings.stopped, name), partitioned: without(settings.partitioned, name),
    };
  },
  stop(settings, name) {
    if (settings.stopped?.includes(name)) throw new Refusal(`${name} is stopped already`);
    return { ...settings, stopped: [...(settings.stopped ?? []), name] };
  },
  start(settings, name) {
    if (!settings.stopped?.includes(name)) throw new Refusal(`${name} is not stopped`);
    return { ...settings, stopped: without(settings.stopped, name) };
  },
  partition(settings, name) {
    if (settings.partitioned?.includes(name)) throw new Refusal(`${name} is partitioned already`);
    if (settings.stopped?.includes(name)) throw new Refusal(`${name} is stopped`, `start it with: knarr node start ${name}`);
    return { ...settings, partitioned: [...(settings.partitioned ?? []), name] };
  },
  heal(settings, name) {
    if (!settings.partitioned?.includes(name)) throw new Refusal(`${name} is not partitioned`);
    return { ...settings, partitioned: without(settings.partitioned, name) };
  },
};
