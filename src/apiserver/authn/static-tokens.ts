import type { UserInfo } from '../../wire/api.ts';

/** A file of `token,user,uid,"group1,group2"`, a line each (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file). */
export type StaticTokens = ReadonlyMap<string, UserInfo>;

/** Of a token that is there twice the last line counts. @throws Error that names the line */
export function readStaticTokens(text: string): StaticTokens {
  const tokens = new Map<string, UserInfo>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const columns = columnsOf(line.trim());
    if (columns.length < 3) throw new Error(`token file line ${at + 1} must have at least 3 columns (token, user name, user uid), found ${columns.length}`);
    const [token, username, uid, groups = ''] = columns as [string, string, string, string?];
    if (token === '') continue;
    tokens.set(token, { username, ...(uid === '' ? {} : { uid }), groups: groups.split(',').map((group) => group.trim()).filter((group) => group !== '') });
  }
  return tokens;
}

/** CSV of one line: what holds a comma is quoted, and a quote within is doubled (RFC 4180). */
const columnsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare = '']) => (quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"')));
