import { expect, test } from 'vitest';
import { nftChange, NftKeeper, nftWhole } from './nftables.ts';
import type { NftChain, NftTable } from './nftables.ts';
import type { RunProgram } from './program.ts';

const table = (elements: Readonly<Record<string, string>>, chains: Readonly<Record<string, readonly string[]>>): NftTable => ({
  family: 'inet', name: 'ours',
  sets: new Map([['pods', { type: 'ipv4_addr : verdict', elements: new Map(Object.entries(elements)) }]]),
  chains: new Map<string, NftChain>([
    ['forward', { hook: 'type filter hook forward priority filter; policy accept;', rules: ['ip daddr vmap @pods'] }],
    ...Object.entries(chains).map(([name, rules]) => [name, { rules }] as const),
  ]),
});

test('a whole table replaces whatever was there, names before their uses', () => {
  expect(nftWhole(table({ '10.0.0.1': 'goto a' }, { a: ['drop'] }))).toBe(`add table inet ours
delete table inet ours
add table inet ours
add map inet ours pods { type ipv4_addr : verdict; }
add chain inet ours forward { type filter hook forward priority filter; policy accept; }
add chain inet ours a
add rule inet ours forward ip daddr vmap @pods
add rule inet ours a drop
add element inet ours pods { 10.0.0.1 : goto a }
`);
});

test('a change says what differs and nothing else', () => {
  const before = table({ '10.0.0.1': 'goto a', '10.0.0.2': 'goto a', '10.0.0.3': 'goto b' }, { a: ['drop'], b: ['accept'] });
  const after = table({ '10.0.0.1': 'goto c', '10.0.0.2': 'goto a' }, { a: ['tcp dport 80 accept', 'drop'], c: ['drop'] });
  expect(nftChange(before, after)).toBe(`add chain inet ours c
flush chain inet ours b
flush chain inet ours a
add rule inet ours a tcp dport 80 accept
add rule inet ours a drop
add rule inet ours c drop
delete element inet ours pods { 10.0.0.1, 10.0.0.3 }
add element inet ours pods { 10.0.0.1 : goto c }
delete chain inet ours b
`);
  expect(nftChange(after, after)).toBe('');
});

test('many elements are written in lines of five hundred', () => {
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`10.1.${at >> 8}.${at & 255}`, 'drop']));
  expect(nftChange(table({}, {}), table(many, {})).trim().split('\n').map((line) => line.split(',').length)).toEqual([500, 500, 1]);
});

/** A kernel that takes everything, until told otherwise. */
function kernel() {
  const scripts: string[] = [];
  const state = { refuses: false, listed: 'table inet ours {\n\tchain forward {\n\t\ttype filter hook forward\n\t\tip daddr vmap @pods\n\t}\n}\n', code: 0 };
  const run: RunProgram = async (_, args, options) => {
    if (args[0] === 'list') return { code: state.code, stdout: state.listed, stderr: '' };
    scripts.push(options?.input ?? '');
    const code = state.refuses && !options?.input?.startsWith('add table') ? 1 : 0;
    return { code, stdout: '', stderr: '' };
  };
  return { scripts, state, keeper: new NftKeeper(run) };
}

test('the keeper writes the whole once and then changes', async () => {
  const { scripts, keeper } = kernel();
  await keeper.apply(table({}, {}));
  await keeper.apply(table({ '10.0.0.1': 'drop' }, {}));
  await keeper.apply(table({ '10.0.0.1': 'drop' }, {}));
  expect(scripts).toEqual([nftWhole(table({}, {})), 'add element inet ours pods { 10.0.0.1 : drop }\n']);
});

test('a change that the kernel refuses becomes a whole table', async () => {
  const { scripts, state, keeper } = kernel();
  await keeper.apply(table({}, {}));
  state.refuses = true;
  await keeper.apply(table({ '10.0.0.1': 'drop' }, {}));
  expect(scripts.at(-1)).toBe(nftWhole(table({ '10.0.0.1': 'drop' }, {})));
});

test('a table or chain that someone emptied does not stand and is written whole', async () => {
  const { scripts, state, keeper } = kernel();
  expect(await keeper.stands()).toBe(false);
  await keeper.apply(table({}, {}));
  expect(await keeper.stands()).toBe(true);
  state.listed = 'table inet ours {\n\tchain forward {\n\t\ttype filter hook forward\n\t}\n}\n';
  expect(await keeper.stands()).toBe(false);
  await keeper.apply(table({}, {}));
  expect(scripts).toHaveLength(2);
});
