/** The address an in-addr.arpa or ip6.arpa name stands for (RFC 1035 §3.5, RFC 3596 §2.5), or undefined. */
export function addressOfReverseName(name: string): string | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name);
  if (v4) return v4[1]!.split('.').slice(0, 4).toReversed().join('.');
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!v6) return undefined;
  const nibbles = v6[1]!.split('.').slice(0, 32).toReversed().join('');
  const groups = nibbles.match(/.{4}/g)!.map((group) => group.replace(/^0{1,3}/, ''));
  return compress(groups);
}

/** The longest run of zero groups as `::` (RFC 5952). */
function compress(groups: readonly string[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
