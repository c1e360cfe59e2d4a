import { formatIp, parseCidr } from '../../meta/ip.ts';
import type { IPBlock } from '../../kinds/networking/network-policy.ts';
import type { Family } from '../peers.ts';

interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

/** What the blocks hold together, as `from-to` in order, none touching the next: the form that an interval set takes. */
export function rangesOf(blocks: readonly IPBlock[], family: Family): readonly string[] {
  const held = blocks.flatMap((block) => spansOf(block, family)).toSorted((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)));
  const joined: Span[] = [];
  for (const span of held) {
    const last = joined.at(-1);
    if (last && span.from <= last.to + 1n) joined[joined.length - 1] = { from: last.from, to: span.to > last.to ? span.to : last.to };
    else joined.push(span);
  }
  return joined.map(({ from, to }) => (from === to ? textOf(from, family) : `${textOf(from, family)}-${textOf(to, family)}`));
}

/** A block without its exceptions. */
function spansOf({ cidr, except = [] }: IPBlock, family: Family): readonly Span[] {
  const holes = except.flatMap((hole) => spanOf(hole, family));
  return holes.reduce<readonly Span[]>((spans, hole) => spans.flatMap((span) => without(span, hole)), spanOf(cidr, family));
}

function without(span: Span, hole: Span): readonly Span[] {
  if (hole.to < span.from || hole.from > span.to) return [span];
  return [{ from: span.from, to: hole.from - 1n }, { from: hole.to + 1n, to: span.to }].filter(({ from, to }) => from <= to);
}

/** None where the range is of the other family, or none at all. */
function spanOf(cidr: string, family: Family): readonly Span[] {
  const range = parseCidr(cidr);
  if (range?.family !== family) return [];
  const hosts = BigInt((family === 4 ? 32 : 128) - range.prefix);
  const from = (range.value >> hosts) << hosts;
  return [{ from, to: from + (1n << hosts) - 1n }];
}

const textOf = (value: bigint, family: Family): string => formatIp({ family, value });
