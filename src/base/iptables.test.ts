import { expect, test } from 'vitest';
import { removal } from './iptables.ts';

const SAVED = `# Generated
*nat
:PREROUTING ACCEPT [5:300]
:OURS-A - [0:0]
:OURS-B - [0:0]
:THEIRS - [0:0]
-A PREROUTING -m comment --comment "to -j THEIRS" -j OURS-A
-A PREROUTING -j THEIRS
-A OURS-A -p tcp -m tcp --dport 80 -j OURS-B
-A THEIRS -s 10.0.0.0/8 -j OURS-B
COMMIT
`;

test('chains go with the rules that lead into them, and nothing else', () => {
  expect(removal('nat', SAVED, (chain) => chain.startsWith('OURS'))).toBe(`*nat
-D PREROUTING -m comment --comment "to -j THEIRS" -j OURS-A
-D THEIRS -s 10.0.0.0/8 -j OURS-B
:OURS-A - [0:0]
:OURS-B - [0:0]
-X OURS-A
-X OURS-B
COMMIT
`);
});

test('where there is nothing of ours there is nothing to do', () => {
  expect(removal('nat', SAVED, () => false)).toBe('');
});
