/** What the kubelet relies on, checked on every runtime: the fake one in unit tests, containerd in e2e. */
import { expect, test } from 'vitest';
import type { Cri } from './cri.ts';
import type { ContainerConfig, PodSandboxConfig } from './runtime-v1.ts';

export interface CriUnderTest {
  readonly cri: Cri;
  /** On the node already; has `sleep` and `sh`. */
  readonly image: string;
  /** An existing directory for logs. */
  readonly logDir: string;
  readonly cgroupParent: string;
  /** Unique in this runtime. */
  readonly uid: () => string;
}

/** Declares the suite; `open` is called once for each test. */
export function describeCriContract(open: () => Promise<CriUnderTest & AsyncDisposable>): void {
  const sandboxConfig = (at: CriUnderTest, attempt = 0, uid = at.uid()): PodSandboxConfig => ({
    metadata: { name: 'contract', namespace: 'default', uid, attempt },
    logDirectory: at.logDir, labels: { app: 'contract', uid }, annotations: { note: 'kept' },
    linux: { cgroupParent: `${at.cgroupParent}/pod${uid}`, securityContext: { namespaceOptions: { network: 'NODE', pid: 'CONTAINER' } } },
  });
  const containerConfig = (at: CriUnderTest, name: string, attempt = 0): ContainerConfig => ({
    metadata: { name, attempt }, image: { image: at.image }, command: ['sleep', '600'], logPath: `${name}.log`,
    labels: { name }, annotations: { hash: '1' },
    linux: { resources: { cpuShares: 2, oomScoreAdj: 1000 }, securityContext: { namespaceOptions: { network: 'NODE', pid: 'CONTAINER' } } },
  });

  test('the runtime says who and how it is', async () => {
    await using at = await open();
    expect((await at.cri.version()).runtimeName).toMatch(/./);
    expect((await at.cri.status()).find(({ type }) => type === 'RuntimeReady')?.status).toBe(true);
  });

  test('a container goes from created to running to exited, and is found by its labels', async () => {
    await using at = await open();
    const sandbox = sandboxConfig(at);
    const sandboxId = await at.cri.runPodSandbox(sandbox);
    const id = await at.cri.createContainer({ sandboxId, sandbox }, containerConfig(at, 'main'));
    expect((await at.cri.containerStatus(id)).state).toBe('CONTAINER_CREATED');

    await at.cri.startContainer(id);
    const [listed] = await at.cri.listContainers({ sandboxId });
    expect(listed).toMatchObject({ id, podSandboxId: sandboxId, state: 'CONTAINER_RUNNING', labels: { name: 'main' }, annotations: { hash: '1' } });

    await at.cri.stopContainer(id, 0);
    const status = await at.cri.containerStatus(id);
    expect(status).toMatchObject({ state: 'CONTAINER_EXITED', exitCode: 137, metadata: { name: 'main', attempt: 0 } });
    expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt);
    await at.cri.removePodSandbox(sandboxId);
  });

  test('the end of a container is told, that of a command in it is not', async () => {
    await using at = await open();
    const stop = new AbortController();
    const told: string[] = [];
    const following = (async () => {
      for await (const id of at.cri.exits(stop.signal)) told.push(id);
    })();
    following.catch(() => {});
    const sandbox = sandboxConfig(at);
    const sandboxId = await at.cri.runPodSandbox(sandbox);
    const id = await at.cri.createContainer({ sandboxId, sandbox }, containerConfig(at, 'main'));
    await at.cri.startContainer(id);
    await at.cri.execSync(id, { cmd: ['true'], timeoutSeconds: 5 });
    await at.cri.stopContainer(id, 0);
    await expect.poll(() => told, { timeout: 30_000 }).toContain(id);
    await at.cri.removePodSandbox(sandboxId);
    stop.abort();
    await following;
    expect(told.filter((one) => one !== id && one !== sandboxId)).toEqual([]);
  });

  test('a sandbox keeps labels, annotations and attempt, and stops with all its containers', async () => {
    await using at = await open();
    const sandbox = sandboxConfig(at, 3);
    const sandboxId = await at.cri.runPodSandbox(sandbox);
    const id = await at.cri.createContainer({ sandboxId, sandbox }, containerConfig(at, 'main'));
    await at.cri.startContainer(id);
    const [listed] = await at.cri.listPodSandboxes({ labels: { uid: sandbox.metadata!.uid! } });
    expect(listed).toMatchObject({ id: sandboxId, state: 'SANDBOX_READY', metadata: { name: 'contract', attempt: 3 }, annotations: { note: 'kept' } });

    await at.cri.stopPodSandbox(sandboxId);
    await at.cri.stopPodSandbox(sandboxId);
    expect((await at.cri.podSandboxStatus(sandboxId)).state).toBe('SANDBOX_NOTREADY');
    expect((await at.cri.containerStatus(id)).state).toBe('CONTAINER_EXITED');

    await at.cri.removePodSandbox(sandboxId);
    await at.cri.removePodSandbox(sandboxId);
    await expect(at.cri.podSandboxStatus(sandboxId)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(at.cri.containerStatus(id)).rejects.toMatchObject({ code: 'NotFound' });
  });

  test('a sandbox name is taken until the sandbox is removed', async () => {
    await using at = await open();
    const sandbox = sandboxConfig(at);
    const first = await at.cri.runPodSandbox(sandbox);
    await expect(at.cri.runPodSandbox(sandbox)).rejects.toMatchObject({ name: 'CriError' });
    const second = await at.cri.runPodSandbox({ ...sandbox, metadata: { ...sandbox.metadata, attempt: 1 } });
    await at.cri.removePodSandbox(first);
    await at.cri.removePodSandbox(second);
  });

  test('stopping and removing what is gone succeeds', async () => {
    await using at = await open();
    await at.cri.stopContainer('f'.repeat(64), 0);
    await at.cri.removeContainer('f'.repeat(64));
    await at.cri.stopPodSandbox('f'.repeat(64));
    await at.cri.removePodSandbox('f'.repeat(64));
  });

  test('an image is known by its name and by its id; one that is not there is undefined', async () => {
    await using at = await open();
    const image = await at.cri.imageStatus(at.image);
    expect(image?.repoTags).toContain(at.image);
    expect((await at.cri.imageStatus(image!.id))?.id).toBe(image!.id);
    expect(await at.cri.imageStatus('knarr.local/nowhere:1')).toBeUndefined();
  });

  test('a command runs in a running container and only there', async () => {
    await using at = await open();
    const sandbox = sandboxConfig(at);
    const sandboxId = await at.cri.runPodSandbox(sandbox);
    const id = await at.cri.createContainer({ sandboxId, sandbox }, containerConfig(at, 'main'));
    await at.cri.startContainer(id);
    expect((await at.cri.execSync(id, { cmd: ['true'], timeoutSeconds: 5 })).exitCode).toBe(0);
    await at.cri.stopContainer(id, 0);
    await expect(at.cri.execSync(id, { cmd: ['true'], timeoutSeconds: 5 })).rejects.toMatchObject({ name: 'CriError' });
    await at.cri.removePodSandbox(sandboxId);
  });
}
