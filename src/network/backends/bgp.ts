import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, type RunProgram } from '../../base/program.ts';
import type { Peer } from '../peers.ts';
import { planned, type Backend, type Here, type Plan } from './backend.ts';
import { BIRD_METRIC, birdConfig, isNear } from './bird.ts';

export interface BgpOptions {
  readonly run: RunProgram;
  readonly stateDir: string;
}

/** BIRD writes the routes; who cannot be spoken to directly is refused. */
export const planBgp = (here: Here, peers: readonly Peer[]): Plan => planned({
  refused: peers.filter((peer) => !isNear(here, peer)).map(({ name, addresses }) => ({
    node: name, why: `${addresses.join(' and ')} is not on link ${here.link ?? ''} (${here.networks.join(', ')}): between links bgp needs routers that speak it, vxlan does not`,
  })),
});

/**
 * Routes announced from node to node by BIRD, Calico's way. BIRD is a daemon of its own and outlives this process: sessions,
 * and so routes, do not notice. A later process finds it by its socket.
 */
export function bgp({ run, stateDir }: BgpOptions): Backend {
  const [config, socket, pid, log] = ['bird.conf', 'bird.ctl', 'bird.pid', 'bird.log'].map((name) => join(stateDir, name)) as [string, string, string, string];
  const ask = (...words: readonly string[]) => run('birdc', ['-s', socket, ...words]);
  return {
    name: 'bgp',
    overhead: () => 0,
    plan: planBgp,
    async tell(here, peers) {
      const text = birdConfig(here, peers.filter((peer) => isNear(here, peer)), { log, clusterCidrs: here.clusterCidrs, reflects: here.reflects });
      const isNew = (await readFile(config, 'utf8').catch(() => '')) !== text;
      if (isNew) {
        await mkdir(stateDir, { recursive: true });
        await writeFile(config, text);
      }
      const running = (await ask('show', 'status')).code === 0;
      if (!running) await mustRun(run, 'bird', ['-c', config, '-s', socket, '-P', pid]);
      else if (isNew) await mustRun(run, 'birdc', ['-s', socket, 'configure']);
    },
    async clean() {
      if ((await readFile(config, 'utf8').catch(() => undefined)) === undefined) return;
      await ask('down');
      for (const family of ['-4', '-6']) await run('ip', [family, 'route', 'flush', 'proto', 'bird', 'metric', BIRD_METRIC]);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
