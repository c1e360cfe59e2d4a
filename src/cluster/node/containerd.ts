import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../files.ts';
import { PAUSE_IMAGE } from '../images/own.ts';
import type { NodeLayout } from '../layout.ts';
import type { Exec } from '../machine/exec.ts';
import { CAP_SYS_RESOURCE, hasCapability } from '../machine/facts.ts';
import { CNI_BIN_DIR } from '../machine/packages.ts';
import { installedRuntimes } from './containerd-runtimes.ts';
import type { InstalledRuntime } from './containerd-runtimes.ts';

/** Where containerd finds how pods are plugged in. */
export interface CniPlaces {
  readonly config: string;
  readonly programs: string;
}

/** Where installers of other CNIs write, which `ownMounts` makes each node's own. */
export const USUAL_CNI: CniPlaces = { config: '/etc/cni/net.d', programs: '/opt/cni/bin' };

export interface ContainerdFacts {
  /** Where overlay mounts do not work (a data directory on overlayfs), files are copied: `native`. */
  readonly snapshotter: 'overlayfs' | 'native';
  /** Without CAP_SYS_RESOURCE a process may not lower its OOM score, and containers are not to fail on it. */
  readonly mayLowerOomScore: boolean;
  /** Unless said: our own network's. */
  readonly cni?: CniPlaces;
  /** Installed beside runc. */
  readonly runtimes?: readonly InstalledRuntime[];
}

/** One node's containerd, configured to touch nothing outside the node's own directory. Version 2 of its configuration. */
export function containerdConfig(node: NodeLayout, facts: ContainerdFacts): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `# Written by knarr at each start.
version = 2
root = ${toml(node.containerdRoot)}
state = ${toml(node.containerdState)}
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = ${toml(node.containerdSocket)}

[ttrpc]
  address = ${toml(`${node.containerdSocket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${toml(join(node.containerdRoot, 'opt'))}

[${cri}]
  sandbox_image = ${toml(PAUSE_IMAGE)}
  # Exec, attach and port-forward streams: reached only by the kubelet, in the same network namespace.
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  enable_tls_streaming = false
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = ${!facts.mayLowerOomScore}
  max_container_log_line_size = 16384
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true

  [${cri}.cni]
    bin_dir = ${toml(facts.cni?.programs ?? CNI_BIN_DIR)}
    conf_dir = ${toml(facts.cni?.config ?? node.cniConfig)}
    max_conf_num = 1

  [${cri}.containerd]
    snapshotter = ${toml(facts.snapshotter)}
    default_runtime_name = "runc"
    discard_unpacked_layers = false

    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${toml(join(node.containerdState, 'runc'))}
${(facts.runtimes ?? []).map((runtime) => handlerConfig(node, cri, runtime)).join('')}
  [${cri}.registry]
    config_path = ${toml(join(node.dir, 'containerd', 'registries'))}
`;
}

const handlerConfig = ({ containerdState }: NodeLayout, cri: string, { handler, type, binary }: InstalledRuntime): string => `
    [${cri}.containerd.runtimes.${handler}]
      runtime_type = ${toml(type)}
${binary === undefined ? '' : `
      [${cri}.containerd.runtimes.${handler}.options]
        BinaryName = ${toml(binary)}
        SystemdCgroup = false
        Root = ${toml(join(containerdState, handler))}
`}`;

const toml = (text: string): string => JSON.stringify(text);

/** Writes the configuration and the directories it names. */
export async function prepareContainerd(node: NodeLayout, exec: Exec, cni?: CniPlaces): Promise<void> {
  for (const dir of [node.containerdRoot, node.containerdState, node.cniConfig, node.cniData, node.kubelet, node.logs]) {
    await mkdir(dir, { recursive: true, mode: 0o711 });
  }
  const facts: ContainerdFacts = {
    snapshotter: (await overlayWorks(node.dir, exec)) ? 'overlayfs' : 'native',
    mayLowerOomScore: hasCapability(CAP_SYS_RESOURCE),
    ...(cni ? { cni } : {}),
    runtimes: await installedRuntimes(node),
  };
  await writeWhole(node.containerdConfig, containerdConfig(node, facts));
}

/** Tries it: whether a filesystem can carry overlay's upper layer is documented nowhere the kernel could be asked. */
async function overlayWorks(dir: string, exec: Exec): Promise<boolean> {
  const trial = await mkdtemp(join(dir, '.overlay-'));
  try {
    const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(trial, name));
    for (const path of [lower!, upper!, work!, merged!]) await mkdir(path);
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const mounted = await exec.run('mount', ['-t', 'overlay', 'overlay', '-o', options, merged!]);
    if (mounted.code === 0) await exec.run('umount', [merged!]);
    return mounted.code === 0;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
