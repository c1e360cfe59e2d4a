import type { NftChain, NftSet, NftTable } from '../../base/nftables.ts';
import { sha256 } from '../../base/sha256.ts';
import { isIpv6 } from '../../meta/ip.ts';
import { FAMILIES, type Family } from '../peers.ts';
import { rangesOf } from './blocks.ts';
import type { Direction, Isolation, Passage, PlannedRule, PortMatch } from './plan.ts';

export const POLICY_TABLE = { family: 'inet', name: 'knarr-policy' } as const;

/**
 * A connection is judged by who opened it and who answers, which conntrack remembers: so each packet of it, either way, gets the
 * same verdict; no connection outlives the rule that let it in; and Services, which rewrite addresses, make no difference.
 */
const ENDS = {
  in: { peer: 'ct original', self: 'ct reply' },
  out: { peer: 'ct reply', self: 'ct original' },
} as const;
/** Both of a peer's: `ct original ip saddr`. */
const WORDS = { 4: 'ip saddr', 6: 'ip6 saddr' } as const;
const TYPES = { 4: 'ipv4_addr', 6: 'ipv6_addr' } as const;
const PORT = 'ct reply proto-src';

/** What the kernel is to hold for these isolations. `namePort`: where this node answers for the cluster's names. Pure. */
export function policyTable(isolations: readonly Isolation[], namePort?: number): NftTable {
  const sets = new Map<string, NftSet>();
  const chains = new Map<string, NftChain>(entrances(namePort));
  const verdicts = { in: new Map<string, string>(), out: new Map<string, string>() };
  for (const isolation of isolations) {
    const { direction, rules, addresses } = isolation;
    const name = `${direction}-${short(rules.map(({ id }) => id).join('\n'))}`;
    chains.set(name, { rules: [...rules.flatMap((rule) => linesOf(rule, direction, sets)), 'drop'] });
    for (const address of addresses) verdicts[direction].set(address, `goto ${name}`);
  }
  for (const family of FAMILIES) {
    for (const direction of ['in', 'out'] as const) {
      const elements = [...verdicts[direction]].filter(([address]) => isOf(address, family));
      sets.set(`${direction}${family}`, { type: `${TYPES[family]} : verdict`, elements: new Map(elements) });
    }
    // No policy keeps a pod from itself, which is where its Service may lead it.
    const own = new Set(isolations.flatMap(({ addresses }) => addresses).filter((address) => isOf(address, family)));
    sets.set(`self${family}`, { type: `${TYPES[family]} . ${TYPES[family]}`, elements: new Map([...own].map((address) => [`${address} . ${address}`, ''])) });
  }
  return { ...POLICY_TABLE, sets, chains };
}

/** nft refuses more than 128 bytes. */
const LONGEST_COMMENT = 120;

const short = (text: string): string => sha256(text).slice(0, 12);
const isOf = (address: string, family: Family): boolean => isIpv6(address) === (family === 6);

/** The node itself may always reach its pods, and they it: only what is forwarded is judged, and questions for names. */
function entrances(namePort: number | undefined): readonly (readonly [string, NftChain])[] {
  const judge = (direction: Direction, end: string) => FAMILIES.map((family) => `${end} ${WORDS[family]} vmap @${direction}${family}`);
  return [
    ['forward', {
      hook: 'type filter hook forward priority filter - 5; policy accept;',
      rules: [
        // Neighbours find each other by packets that belong to no connection.
        'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept',
        'ct state related accept',
        ...FAMILIES.map((family) => `ct original ${WORDS[family]} . ct reply ${WORDS[family]} @self${family} accept`),
        'ct state { invalid, untracked } goto stray',
        'jump out',
        'jump in',
      ],
    }],
    ['input', {
      hook: 'type filter hook input priority filter - 5; policy accept;',
      rules: namePort === undefined ? [] : [`meta l4proto { tcp, udp } ${PORT} ${namePort} jump out`],
    }],
    ['out', { rules: judge('out', ENDS.out.self) }],
    ['in', { rules: judge('in', ENDS.in.self) }],
    // Of no connection that anyone knows: nothing can vouch for it.
    ['stray', { rules: ['ip saddr vmap @out4', 'ip daddr vmap @in4', 'ip6 saddr vmap @out6', 'ip6 daddr vmap @in6'] }],
  ];
}

function linesOf({ id, title, passages }: PlannedRule, direction: Direction, sets: Map<string, NftSet>): readonly string[] {
  const comment = `comment "${title.slice(0, LONGEST_COMMENT)}"`;
  return passages.flatMap((passage, at) => {
    const ports = passage.ports?.map(portWords) ?? [''];
    const peers = peerWords(passage, `${short(id)}-${at}`, direction, sets);
    return ports.flatMap((port) => peers.map((peer) => [port, peer, 'return', comment].filter((word) => word !== '').join(' ')));
  });
}

function portWords({ protocol, from, to }: PortMatch): string {
  if (from === undefined) return `meta l4proto ${protocol}`;
  return `meta l4proto ${protocol} ${PORT} ${from === to ? from : `${from}-${to}`}`;
}

/** Declares the sets of a passage's peers; gives the words that ask for each. */
function peerWords({ peers }: Passage, id: string, direction: Direction, sets: Map<string, NftSet>): readonly string[] {
  if (!peers) return [''];
  return FAMILIES.flatMap((family) => {
    const ask = (set: string) => `${ENDS[direction].peer} ${WORDS[family]} @${set}`;
    const [pods, blocks] = [`pods${family}-${id}`, `blocks${family}-${id}`];
    sets.set(pods, { type: TYPES[family], elements: keys(peers.addresses.filter((address) => isOf(address, family))) });
    if (peers.blocks.length === 0) return [ask(pods)];
    sets.set(blocks, { type: TYPES[family], more: ['flags interval'], elements: keys(rangesOf(peers.blocks, family)) });
    return [ask(pods), ask(blocks)];
  });
}

const keys = (elements: readonly string[]): ReadonlyMap<string, string> => new Map(elements.map((element) => [element, '']));
