import { isInCidr } from '../../meta/ip.ts';
import { familyOf, type Peer } from '../peers.ts';
import { planned, type Backend, type Here, type Plan } from './backend.ts';

/** The other node is the next hop, for which it must be on the same link. */
export function planHostGw({ link, networks }: Pick<Here, 'link' | 'networks'>, peers: readonly Peer[]): Plan {
  // An address that no link has, as behind some clouds' routers: the kernel will know.
  const near = (address: string): boolean => networks.length === 0 || networks.some((network) => isInCidr(address, network));
  const far = peers.filter(({ addresses }) => !addresses.some(near));
  const routes = peers.flatMap(({ cidrs, addresses }) => cidrs.flatMap((to) => {
    const via = addresses.find((address) => near(address) && familyOf(address) === familyOf(to));
    return via === undefined ? [] : [{ to, via }];
  }));
  const refused = far.map(({ name, addresses }) => ({
    node: name, why: `${addresses.join(' and ')} is not on link ${link ?? ''} (${networks.join(', ')}): host-gw joins nodes on one link only, vxlan others too`,
  }));
  return planned({ routes, refused });
}

export const hostGw = (): Backend => ({
  name: 'host-gw',
  overhead: () => 0,
  plan: planHostGw,
  clean: async () => {},
  [Symbol.asyncDispose]: async () => {},
});
