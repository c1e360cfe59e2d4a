/** What of a Corefile (coredns.io/manual/toc/#configuration) decides where questions go. */
export interface DnsConfig {
  /** Upstreams by zone, `.` for every other name: `address:port`, or the path of a resolv.conf. */
  readonly forwards: readonly { readonly zone: string; readonly to: readonly string[] }[];
  /** Names with addresses of their own. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** Of records of the cluster. */
  readonly ttlSeconds?: number;
  /** What is not understood, to be told. */
  readonly warnings: readonly string[];
}

/** Directives that change nothing here, or that this server does anyway. */
const NOTHING_TO_DO = new Set(['errors', 'log', 'health', 'ready', 'prometheus', 'cache', 'loop', 'reload', 'loadbalance', 'bufsize', 'lameduck']);

/** Reads server blocks: `ZONE[:PORT]… { directive… }`. What is not understood is warned of and left out. */
export function readCorefile(text: string): DnsConfig {
  const forwards: { zone: string; to: string[] }[] = [];
  const hosts = new Map<string, string[]>();
  const warnings: string[] = [];
  let ttlSeconds: number | undefined;
  for (const block of blocksOf(tokensOf(text))) {
    const zones = block.head.map(zoneOf);
    for (const { head: [name = '', ...rest], body } of block.body) {
      if (name === 'forward' || name === 'proxy') {
        const [from = '.', ...to] = rest;
        for (const zone of from === '.' ? zones : [zoneOf(from)]) forwards.push({ zone, to: to.map(addressOf) });
      } else if (name === 'hosts') {
        for (const { head: [address = '', ...names] } of body) for (const one of names.length > 0 ? names : []) hosts.set(zoneOf(one), [...(hosts.get(zoneOf(one)) ?? []), address]);
      } else if (name === 'kubernetes') {
        const ttl = body.find(({ head: [word] }) => word === 'ttl')?.head[1];
        if (ttl !== undefined && /^\d+$/.test(ttl)) ttlSeconds = Number(ttl);
      } else if (!NOTHING_TO_DO.has(name)) {
        warnings.push(`${block.head.join(' ')}: "${name}" is not known here`);
      }
    }
  }
  return { forwards, hosts, warnings, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) };
}

interface Line {
  readonly head: readonly string[];
  readonly body: readonly Line[];
}

/** Words line by line, without comments. */
const tokensOf = (text: string): readonly (readonly string[])[] =>
  text.split('\n').map((line) => (line.replace(/(^|\s)#.*$/, '').match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''))).filter((words) => words.length > 0);

/** Lines with the blocks behind their braces; an unclosed block ends with the text. */
function blocksOf(lines: readonly (readonly string[])[]): readonly Line[] {
  let at = 0;
  const read = (): Line[] => {
    const block: Line[] = [];
    while (at < lines.length) {
      const words = lines[at++]!;
      if (words[0] === '}') return block;
      const opens = words.at(-1) === '{';
      block.push({ head: opens ? words.slice(0, -1) : words, body: opens ? read() : [] });
    }
    return block;
  };
  return read();
}

/** `example.org:53` or `dns://Example.org.` as `example.org`; the root as `.`. */
function zoneOf(text: string): string {
  const name = text.replace(/^dns:\/\//, '').replace(/:\d+$/, '').toLowerCase().replace(/\.$/, '');
  return name === '' ? '.' : name;
}

function addressOf(text: string): string {
  const target = text.replace(/^dns:\/\//, '');
  if (target.startsWith('/')) return target;
  if (/^\[.*\]:\d+$/.test(target) || /^[^:]+:\d+$/.test(target)) return target;
  return target.includes(':') ? `[${target.replace(/^\[|\]$/g, '')}]:53` : `${target}:53`;
}
