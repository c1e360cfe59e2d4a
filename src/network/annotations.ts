import type { Node } from '../kinds/core/node.ts';
import { parseIp } from '../meta/ip.ts';

/** What nodes tell each other about their backends, in flannel's own words, so that its daemons understand it too. */
const PREFIX = 'flannel.alpha.coreos.com';
const DATA = `${PREFIX}/backend-data`;
const TYPE = `${PREFIX}/backend-type`;
const PUBLIC_IP = `${PREFIX}/public-ip`;
/** Says that pod networks come from the Node objects. */
const MANAGED = `${PREFIX}/kube-subnet-manager`;

/** Of the vxlan backend. */
export interface BackendData {
  readonly VNI: number;
  readonly VtepMAC: string;
}

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** What the node says of its VXLAN device, undefined where it says none or nonsense. */
export function backendDataOf({ metadata }: Node): BackendData | undefined {
  try {
    const { VNI, VtepMAC } = JSON.parse(metadata.annotations?.[DATA] ?? '') as { readonly VNI?: unknown; readonly VtepMAC?: unknown };
    const mac = typeof VtepMAC === 'string' ? VtepMAC.toLowerCase() : '';
    return typeof VNI === 'number' && MAC.test(mac) ? { VNI, VtepMAC: mac } : undefined;
  } catch {
    return undefined;
  }
}

/** Where the node says that tunnels to it end. */
export function publicIpOf({ metadata }: Node): string | undefined {
  const address = metadata.annotations?.[PUBLIC_IP];
  return address !== undefined && parseIp(address) ? address : undefined;
}

export interface Announcement {
  readonly type: string;
  readonly publicIp: string;
  readonly data?: BackendData | undefined;
}

/** The annotations by which this node tells the others. */
export const annotationsOf = ({ type, publicIp, data }: Announcement): Readonly<Record<string, string>> => ({
  [DATA]: JSON.stringify(data ?? null), [TYPE]: type, [MANAGED]: 'true', [PUBLIC_IP]: publicIp,
});
