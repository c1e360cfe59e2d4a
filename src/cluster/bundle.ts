import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bundled program of that name: beside this code, which may itself stand in a chunk one level below. */
export function programFile(name: 'supervisor' | 'control-plane' | 'yaml-program' | 'agent' | 'component'): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(basename(here) === 'chunks' ? dirname(here) : here, `${name}.js`);
}
