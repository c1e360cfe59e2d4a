import type { Kind } from '../../schema/kind.ts';
import { builtinKinds } from '../../kinds/index.ts';

/** What tests are served unless they say otherwise. */
export const testKinds: readonly Kind[] = builtinKinds;
