import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { mustRun, type RunProgram } from '../../base/program.ts';
import { familyOf, type Peer } from '../peers.ts';
import { planned, type Backend, type Device, type Here, type Plan } from './backend.ts';
import { openRelay, RELAY_PORT, TUN_PORT, type Relay } from './udp-relay.ts';
import { plugIn } from './vxlan.ts';

export const UDP_DEVICE = 'knarr-udp';

/** The outer IP header, and 8 of UDP. */
const overhead = (family: 4 | 6): number => (family === 4 ? 28 : 48);

/** Whatever is for other nodes' pods goes into the TUN device, out of which a program reads it. */
export const planUdp = (peers: readonly Peer[]): Plan =>
  planned({ routes: peers.flatMap(({ cidrs, endpoint }) => (endpoint === undefined ? [] : cidrs.map((to) => ({ to, dev: UDP_DEVICE })))) });

export interface UdpOptions {
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * IP in UDP, by a program: slow, and every step can be watched.
 *
 *     pod → route → TUN device → socat → 127.0.0.1 → relay (here) → UDP 8285 → relay there → socat → TUN device → pod
 *
 * A TUN device is opened with an ioctl, which Node.js has no words for: socat opens it, and hands each packet over as a
 * datagram. The device stays when both end, and so do the routes through it.
 */
export const udp = (options: UdpOptions): Backend => new UdpBackend(options);

class UdpBackend implements Backend {
  readonly name = 'udp';
  readonly overhead = overhead;
  readonly plan = (_here: Here, peers: readonly Peer[]): Plan => planUdp(peers);
  readonly #options: UdpOptions;
  readonly #stop = new AbortController();
  #relay: Relay | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: UdpOptions) {
    this.#options = options;
  }

  async prepare(here: Here): Promise<Device> {
    const { run, log } = this.#options;
    if ((await run('ip', ['link', 'show', 'dev', UDP_DEVICE])).code !== 0) await mustRun(run, 'ip', ['tuntap', 'add', 'dev', UDP_DEVICE, 'mode', 'tun']);
    await plugIn(run, { device: UDP_DEVICE, mtu: here.mtu - overhead(familyOf(here.address) ?? 4), cidrs: here.cidrs });
    if (!this.#relay) {
      this.#relay = await openRelay({ address: here.address, log });
      this.#reading = this.#read();
    }
    return { name: UDP_DEVICE };
  }

  async tell(_here: Here, peers: readonly Peer[]): Promise<void> {
    this.#relay?.know(peers.flatMap(({ cidrs, endpoint }) => (endpoint === undefined ? [] : [{ cidrs, endpoint }])));
  }

  async clean(): Promise<void> {
    await this.#options.run('ip', ['link', 'delete', UDP_DEVICE]); // whoever reads from it ends
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#relay?.[Symbol.dispose]();
  }

  /** Keeps socat between device and relay. One of an agent that was killed may still be there, and serves as well. */
  async #read(): Promise<void> {
    const { run, clock, log } = this.#options;
    const { signal } = this.#stop;
    const args = [
      '-b', '65536', `TUN,tun-name=${UDP_DEVICE},tun-type=tun,iff-no-pi,iff-up`, `UDP4:127.0.0.1:${RELAY_PORT},bind=127.0.0.1:${TUN_PORT}`,
    ];
    while (!signal.aborted) {
      const { code, stderr } = await run('socat', args, { signal });
      if (signal.aborted) return;
      log.debug('network: socat ended; starting another', { code, stderr });
      await clock.sleep(AGAIN, signal).catch(() => {});
    }
  }
}

const AGAIN: Millis = 1_000;
