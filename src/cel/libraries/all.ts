import type { Library } from '../signature.ts';
import { addresses } from './addresses.ts';
import { authorizers } from './authorizers.ts';
import { conversions } from './conversions.ts';
import { formats } from './formats.ts';
import { jsonPatches } from './json-patches.ts';
import { lists } from './lists.ts';
import { operators } from './operators.ts';
import { optionals } from './optionals.ts';
import { quantities } from './quantities.ts';
import { regexes } from './regexes.ts';
import { semvers } from './semvers.ts';
import { sets } from './sets.ts';
import { standard } from './standard.ts';
import { strings } from './strings.ts';
import { times } from './times.ts';
import { urls } from './urls.ts';

/** Every library, as Kubernetes 1.36 offers them to all its expressions. */
export const libraries: readonly Library[] = [
  operators, standard, conversions, times, optionals, strings, lists, sets, regexes, urls, quantities, addresses, formats, semvers, authorizers, jsonPatches,
];
