/**
 * Who has shown to be allowed to pull which image (KEP-2535): a file for each image that this kubelet pulled, below
 * `<rootDir>/image_manager`, in upstream's form. An image without one was brought here by somebody else.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../meta/time.ts';
import type { ImagePullOptions } from '../options.ts';
import { targetOf } from './credentials.ts';
import type { Credential, CredentialSource } from './credentials.ts';

interface Coordinates {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

interface PullCredentials {
  readonly kubernetesSecrets?: readonly (Coordinates & { readonly credentialHash: string })[];
  readonly kubernetesServiceAccounts?: readonly Coordinates[];
  readonly nodePodsAccessible?: boolean;
}

interface PulledRecord {
  readonly kind: 'ImagePulledRecord';
  readonly apiVersion: string;
  readonly lastUpdatedTime: string;
  readonly imageRef: string;
  readonly credentialMapping: Readonly<Record<string, PullCredentials>>;
}

const API_VERSION = 'kubelet.config.k8s.io/v1beta1';

export interface PullRecords {
  /** Whether whoever brings these credentials has to prove, by pulling, that the image is theirs to use. */
  mustVerify(image: string, imageRef: string, credentials: readonly Credential[]): boolean;
  /** @param used absent: nobody needs any */
  pulled(image: string, imageRef: string, used: Credential | undefined): Promise<void>;
  /** Images that are gone. */
  keepOnly(imageRefs: ReadonlySet<string>): Promise<void>;
}

export interface PullRecordsOptions extends Pick<ImagePullOptions, 'verification' | 'allowlist'> {
  readonly rootDir: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** As much is kept of one image's users. */
const MOST_SECRETS = 500;

export async function openPullRecords({ rootDir, clock, verification = 'NeverVerifyPreloadedImages', allowlist = [] }: PullRecordsOptions): Promise<PullRecords> {
  const dir = join(rootDir, 'image_manager', 'pulled');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const records = new Map<string, PulledRecord>();
  for (const name of await readdir(dir)) {
    const record = await readFile(join(dir, name), 'utf8').then((text) => JSON.parse(text) as PulledRecord, () => undefined);
    // Half written, or of another making: the image counts as brought here by somebody else.
    if (record?.kind === 'ImagePulledRecord' && record.imageRef) records.set(record.imageRef, record);
  }
  const fileOf = (imageRef: string) => join(dir, `sha256-${createHash('sha256').update(imageRef).digest('hex')}`);
  return {
    mustVerify(image, imageRef, credentials) {
      if (verification === 'NeverVerify') return false;
      const record = records.get(imageRef);
      if (!record) return verification === 'AlwaysVerify' || (verification === 'NeverVerifyAllowlistedImages' && !isListed(targetOf(image), allowlist));
      const known = record.credentialMapping[targetOf(image)];
      return !known || !(known.nodePodsAccessible || credentials.some(({ source }) => source && isAmong(source, known)));
    },
    async pulled(image, imageRef, used) {
      const before = records.get(imageRef);
      const target = targetOf(image);
      const credentialMapping = { ...before?.credentialMapping, [target]: withUser(before?.credentialMapping[target] ?? {}, used?.source) };
      const record: PulledRecord = { kind: 'ImagePulledRecord', apiVersion: API_VERSION, lastUpdatedTime: formatTime(clock.now()), imageRef, credentialMapping };
      records.set(imageRef, record);
      await writeFile(`${fileOf(imageRef)}.tmp`, JSON.stringify(record), { mode: 0o600 });
      await rename(`${fileOf(imageRef)}.tmp`, fileOf(imageRef));
    },
    async keepOnly(imageRefs) {
      for (const imageRef of records.keys()) {
        if (imageRefs.has(imageRef)) continue;
        records.delete(imageRef);
        await rm(fileOf(imageRef), { force: true });
      }
    },
  };
}

const same = (a: Coordinates, b: Coordinates): boolean => a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;

/** The same Secret, or another that says the same, wherever it is. */
const isAmong = (source: CredentialSource, { kubernetesSecrets = [], kubernetesServiceAccounts = [] }: PullCredentials): boolean => (source.hash === undefined
  ? kubernetesServiceAccounts.some((account) => same(account, source))
  : kubernetesSecrets.some(({ credentialHash }) => credentialHash === source.hash));

function withUser(before: PullCredentials, source: CredentialSource | undefined): PullCredentials {
  if (before.nodePodsAccessible || !source) return { nodePodsAccessible: true };
  const { uid, namespace, name, hash } = source;
  const { kubernetesSecrets = [], kubernetesServiceAccounts = [] } = before;
  if (hash === undefined) return { ...before, kubernetesServiceAccounts: [...kubernetesServiceAccounts.filter((other) => !same(other, source)), { uid, namespace, name }] };
  return { ...before, kubernetesSecrets: [...kubernetesSecrets.filter((other) => !same(other, source)), { uid, namespace, name, credentialHash: hash }].slice(-MOST_SECRETS) };
}

/** `registry.example/team/*` stands for all below. */
const isListed = (target: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => (pattern.endsWith('/*') ? target.startsWith(pattern.slice(0, -1)) : target === targetOf(pattern)));
