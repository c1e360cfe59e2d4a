import { spawn } from 'node:child_process';
import { Unmet } from './assert.ts';
import type { Context } from './context.ts';

export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs kubectl in the test's namespace, with text on its standard input where given. */
export function tryKubectl(t: Context, args: readonly string[], input = ''): Promise<KubectlResult> {
  const { kubectl, kubeconfig } = t.shared;
  return new Promise((resolve, reject) => {
    const child = spawn(kubectl, [`--kubeconfig=${kubeconfig}`, `--namespace=${t.namespace}`, ...args], { signal: t.signal });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes));
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? 1 }));
    child.stdin.end(input);
  });
}

/** @throws when it fails */
export async function kubectl(t: Context, args: readonly string[], input = ''): Promise<string> {
  const { stdout, stderr, code } = await tryKubectl(t, args, input);
  if (code !== 0) throw new Unmet(`kubectl ${args.join(' ')} exited with ${code}: ${stderr}`);
  return stdout;
}
