import { join } from 'node:path';
import { programFile } from '../bundle.ts';
import type { Layout } from '../layout.ts';
import { enterNode } from '../node/place.ts';
import type { NodePlace, Settings } from '../settings.ts';
import type { ProcessSpec } from './process.ts';

export const CONTROL_PLANE = 'control-plane';
export const containerdName = (node: NodePlace): string => `containerd-${node.name}`;
export const agentName = (node: NodePlace): string => `agent-${node.name}`;

export const controlPlaneProgram = (layout: Layout): ProcessSpec => ({
  name: CONTROL_PLANE,
  command: [process.execPath, '--enable-source-maps', programFile('control-plane'), layout.dataDir],
  log: join(layout.logs, 'control-plane.log'),
});

export function containerdProgram(layout: Layout, settings: Settings, node: NodePlace): ProcessSpec {
  return {
    name: containerdName(node),
    command: entered(enterNode(layout, settings, node), 'containerd', '--config', layout.node(node.name).containerdConfig),
    log: join(layout.logs, `${containerdName(node)}.log`),
  };
}

export function agentProgram(layout: Layout, settings: Settings, node: NodePlace): ProcessSpec {
  return {
    name: agentName(node),
    command: entered(enterNode(layout, settings, node), process.execPath, '--enable-source-maps', programFile('agent'), layout.dataDir, node.name),
    log: join(layout.logs, `${agentName(node)}.log`),
  };
}

function entered(prefix: readonly string[], program: string, ...args: readonly string[]): readonly [string, ...string[]] {
  const [first = program, ...rest] = prefix;
  return prefix.length === 0 ? [program, ...args] : [first, ...rest, program, ...args];
}
