import { beforeAll, describe } from 'vitest';
import { contract, onNetwork } from './proxy-contract.ts';
import { thisMachine } from './support/hosts.ts';
import { isRoot } from './support/namespaces.ts';
import { installed } from './testing/install.ts';

/** What this machine's kernel can do; IPVS has a machine of its own. */
const MODES = ['nftables', 'iptables'] as const;

describe.skipIf(!isRoot)('the proxy on a node of this machine (needs root on Linux)', () => {
  beforeAll(async () => {
    for (const [program, name] of [['nft', 'nftables'], ['iptables', 'iptables'], ['conntrack', 'conntrack']] as const) await installed(program, name);
  });
  onNetwork(thisMachine);
  describe.each(MODES)('rules written by %s', (mode) => contract(mode, MODES.filter((one) => one !== mode)));
});
