import { homedir } from 'node:os';
import { runCli, type Actions, type Terminal } from '../cli/index.ts';
import { KUBERNETES_VERSION, VERSION } from './version.ts';

/** Each action loads its code when it runs: `knarr version` should not pay for certificates. */
const actions: Actions = {
  up: async (request, terminal) => (await import('./actions/up.ts')).up(request, terminal),
  down: async (request, terminal) => (await import('./actions/down.ts')).down(request, terminal),
  node: async (request, terminal) => (await import('./actions/node.ts')).node(request, terminal),
  status: async (cluster) => (await import('./actions/status.ts')).status(cluster),
  doctor: async () => (await import('./actions/doctor.ts')).doctor(),
  checkCertificates: async (cluster) => (await import('./actions/certs.ts')).checkCertificates(cluster),
  renewCertificates: async (request, terminal) => (await import('./actions/certs.ts')).renewCertificates(request, terminal),
  loadImage: async (request, terminal) => (await import('./actions/image.ts')).loadImage(request, terminal),
  listImages: async (cluster) => (await import('./actions/image.ts')).listImages(cluster),
  proxyRules: async (request, terminal) => (await import('./actions/proxy.ts')).proxyRules(request, terminal),
  kubectl: async (request) => (await import('./actions/kubectl.ts')).kubectl(request),
  version: VERSION,
  kubernetesVersion: KUBERNETES_VERSION,
};

const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  interactive: process.stderr.isTTY === true,
};

/** The program `knarr`; resolves with its exit code. */
export function main(args: readonly string[]): Promise<number> {
  // Whoever reads it may stop reading: `knarr status | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return runCli(args, { actions, terminal, env: process.env, homeDir: homedir() });
}
