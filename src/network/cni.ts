import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CniOptions {
  /** The bridge that pods are plugged into; made with the first pod. */
  readonly bridge: string;
  /** The node's own pod networks, of each family: the first address is the bridge's, the others are the pods'. */
  readonly nodeCidrs: readonly string[];
  /** Of the link between nodes: pods' packets must fit it whole. */
  readonly mtu: number;
  /** Where host-local remembers who has which address. */
  readonly dataDir: string;
}

/** One network for every pod, as a CNI configuration list (containernetworking.github.io, spec 0.4.0). */
export function cniConfig({ bridge, nodeCidrs, mtu, dataDir }: CniOptions): object {
  return {
    cniVersion: '0.4.0',
    name: 'knarr',
    plugins: [
      {
        type: 'bridge',
        bridge,
        mtu,
        isGateway: true,
        isDefaultGateway: true,
        // After the pod network has changed, the bridge takes the new address.
        forceAddress: true,
        // A pod that reaches itself through its Service leaves by the port that it came in by.
        hairpinMode: true,
        // Done once for the node, and not between pods of the cluster; see masquerade.ts.
        ipMasq: false,
        ipam: { type: 'host-local', dataDir, ranges: nodeCidrs.map((subnet) => [{ subnet }]) },
      },
      // Container ports with a hostPort. With snat a pod reaches them by its own node's address too.
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
      // kubernetes.io/ingress-bandwidth and egress-bandwidth of pods; asks the kernel for tbf and ifb only where there are some.
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  };
}

const NAME = '10-knarr.conflist';

/** Writes the configuration for containerd, whole or not at all, and not again where it is the same. */
export async function writeCniConfig(directory: string, options: CniOptions): Promise<void> {
  const path = join(directory, NAME);
  const text = `${JSON.stringify(cniConfig(options), null, 2)}\n`;
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
  await mkdir(directory, { recursive: true });
  await mkdir(options.dataDir, { recursive: true });
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

export const removeCniConfig = (directory: string): Promise<void> => rm(join(directory, NAME), { force: true });
