import type { RunProgram } from '../../base/program.ts';

/** `ip` and `bridge` as far as routes, neighbours and forwarding entries are looked at and changed. */
export class FakeKernel {
  readonly routes = new Map<string, { via: string; dev: string; proto: string }>();
  readonly neighbours = new Map<string, string>();
  readonly forwarding = new Map<string, string>();
  readonly links = new Map<string, string>();
  readonly calls: string[] = [];

  readonly run: RunProgram = async (command, args) => {
    const words = args.filter((word) => word !== '-o' && word !== '-d');
    this.calls.push(`${command} ${args.join(' ')}`);
    const after = (name: string): string => words[words.indexOf(name) + 1] ?? '';
    const has = (name: string): boolean => words.includes(name);
    const said = (lines: readonly string[]) => ({ code: 0, stdout: lines.map((line) => `${line}\n`).join(''), stderr: '' });
    const done = (changed: boolean) => ({ code: changed ? 0 : 2, stdout: '', stderr: changed ? '' : 'RTNETLINK answers: File exists' });
    if (command === 'bridge') {
      if (has('show')) return said([...this.forwarding].map(([mac, to]) => `${mac} dst ${to} self permanent`));
      return done(has('delete') ? this.forwarding.delete(words[2]!) : this.forwarding.set(words[2]!, after('dst')) !== undefined);
    }
    if (has('neighbour')) {
      if (has('show')) return said([...this.neighbours].map(([address, mac]) => `${address} lladdr ${mac} PERMANENT`));
      return done(has('delete') ? this.neighbours.delete(words[2]!) : this.neighbours.set(words[2]!, after('lladdr')) !== undefined);
    }
    if (has('route')) return this.#route(words, { after, has, said, done });
    if (has('link') && has('add')) this.links.set(words[2]!, after('address'));
    if (has('link') && has('show')) {
      const mac = this.links.get(after('dev'));
      return mac === undefined ? done(false) : said([`9: ${after('dev')}: <UP> mtu 1450 link/ether ${mac} vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning`]);
    }
    if (has('to')) return said(['3: eth0    inet 192.0.2.1/24 scope global eth0']);
    if (has('address') && has('show')) return said([after('dev') === 'eth0' ? '3: eth0    inet 192.0.2.1/24 scope global eth0' : '']);
    return said([]);
  };

  #route(words: readonly string[], { after, has, said, done }: {
    readonly after: (name: string) => string; readonly has: (name: string) => boolean;
    readonly said: (lines: readonly string[]) => Awaited<ReturnType<RunProgram>>; readonly done: (changed: boolean) => Awaited<ReturnType<RunProgram>>;
  }): Awaited<ReturnType<RunProgram>> {
    if (has('show')) {
      const ours = [...this.routes].filter(([to, { proto }]) => proto === after('proto') && to.includes(':') === (words[0] === '-6'));
      return said(ours.map(([to, { via, dev }]) => `${to}${via === '' ? '' : ` via ${via}`} dev ${dev} `));
    }
    const [, , verb, to = ''] = words;
    if (verb === 'delete') return done(this.routes.delete(to));
    if (verb === 'add' && this.routes.has(to)) return done(false);
    this.routes.set(to, { via: has('via') ? after('via') : '', dev: has('dev') ? after('dev') : 'eth0', proto: after('proto') });
    return done(true);
  }
}
