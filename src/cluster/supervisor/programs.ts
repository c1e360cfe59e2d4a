import { join } from 'node:path';
import { programFile } from '../bundle.ts';
import type { Layout } from '../layout.ts';
import { enterNode } from '../node/place.ts';
import { LOOP_NAMES, loopsOf, type Loop, type NodePlace, type Settings } from '../settings.ts';
import type { ProcessSpec } from './process.ts';

export const CONTROL_PLANE = 'control-plane';
export const containerdName = (node: NodePlace): string => `containerd-${node.name}`;
export const agentName = (node: NodePlace): string => `agent-${node.name}`;

/** Whether a process of this name is a node's. */
export const isOfNode = (name: string): boolean => /^(?:containerd|agent)-/.test(name);

export const controlPlaneProgram = (layout: Layout): ProcessSpec => ({
  name: CONTROL_PLANE,
  command: [process.execPath, '--enable-source-maps', programFile('control-plane'), layout.dataDir],
  log: join(layout.logs, 'control-plane.log'),
});

/** Whether a process of this name reads the cluster's authorities when it starts. */
export const knowsAuthorities = (name: string): boolean => !name.startsWith('containerd-');

/** One of the processes of a loop. */
export const componentName = (loop: Loop, index: number): string => `${loop}-${index}`;
const isComponent = new RegExp(`^(?:${LOOP_NAMES.join('|')})-\\d+$`);
/** Whether a process of this name, perhaps of an earlier shape of the cluster, is a loop's. */
export const isComponentName = (name: string): boolean => isComponent.test(name);

/** Every process that a loop has of its own. */
export function componentPrograms(layout: Layout, settings: Settings): readonly ProcessSpec[] {
  const each = Array.from({ length: settings.components ?? 0 }, (_, at) => at + 1);
  return loopsOf(settings).flatMap((loop) => each.map((index): ProcessSpec => ({
    name: componentName(loop, index),
    command: [process.execPath, '--enable-source-maps', programFile('component'), layout.dataDir, loop],
    log: join(layout.logs, `${componentName(loop, index)}.log`),
  })));
}

export function containerdProgram(layout: Layout, settings: Settings, node: NodePlace): ProcessSpec {
  return {
    name: containerdName(node),
    command: entered(enterNode(layout, settings, node), 'containerd', '--config', layout.node(node.name).containerdConfig),
    log: join(layout.logs, `${containerdName(node)}.log`),
  };
}

/**
 * A node's memory is its pods'. Without source maps, which node keeps parsed (23 MB here), and with a small space for young
 * objects: 110 pods leave 90 MB resident where it were 150.
 */
const FRUGAL = ['--max-semi-space-size=2'] as const;

export function agentProgram(layout: Layout, settings: Settings, node: NodePlace): ProcessSpec {
  return {
    name: agentName(node),
    command: entered(enterNode(layout, settings, node), process.execPath, ...FRUGAL, programFile('agent'), layout.dataDir, node.name),
    env: { MALLOC_ARENA_MAX: '2' },
    log: join(layout.logs, `${agentName(node)}.log`),
  };
}

function entered(prefix: readonly string[], program: string, ...args: readonly string[]): readonly [string, ...string[]] {
  const [first = program, ...rest] = prefix;
  return prefix.length === 0 ? [program, ...args] : [first, ...rest, program, ...args];
}
