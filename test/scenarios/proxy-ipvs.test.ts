/** IPVS and SCTP, on the kernel of a virtual machine: this machine's has neither. */
import { afterAll, describe } from 'vitest';
import { contract, onNetwork, sctpContract } from './proxy-contract.ts';
import { isRoot } from './support/namespaces.ts';
import { bootMachine } from './vm/vm.ts';

const machine = isRoot ? await bootMachine() : { lacks: 'needs root on Linux' };

if ('lacks' in machine) describe.skip(`the proxy in a virtual machine: ${machine.lacks}`, () => {});
else {
  describe('the proxy on a node of a virtual machine', () => {
    afterAll(() => machine[Symbol.asyncDispose]());
    onNetwork(machine);
    describe('rules written by ipvs', () => contract('ipvs', ['iptables']));
    describe.each(['nftables', 'ipvs'] as const)('SCTP by %s', (mode) => sctpContract(mode));
  });
}
