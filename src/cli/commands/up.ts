import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { dataDirOption } from '../data-dir.ts';
import { cidrProblems, isIpv6 } from '../../meta/ip.ts';
import type { UpRequest } from '../actions.ts';
import type { CommandLine } from '../main.ts';

interface Flags {
  readonly dataDir: string;
  readonly port: number;
  readonly nodes?: number;
  readonly simulated?: number;
  readonly store: string;
  readonly kubeconfig?: string;
  readonly foreground: boolean;
  readonly install: boolean;
  readonly legacyServiceAccountTokens: boolean;
  readonly legacyApis: boolean;
  readonly auditLog: boolean;
  readonly network?: UpRequest['network'];
  readonly ipFamilies?: UpRequest['ipFamilies'];
  readonly podCidr?: readonly string[];
  readonly serviceCidr?: readonly string[];
  readonly proxy?: NonNullable<UpRequest['proxy']>;
  readonly dns?: NonNullable<UpRequest['dns']>;
  readonly components: number | boolean;
  readonly without: UpRequest['without'];
  readonly kubeletConfig?: string;
  readonly apiConfig?: string;
  readonly tokenAuthFile?: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
}

export function upCommand(line: CommandLine, exit: (code: number) => void): Command {
  return new Command('up')
    .description('start a cluster and return when it is ready')
    .addOption(dataDirOption(line))
    .option('--port <port>', 'where the API server listens', count('a port', 1, 65_535), 6443)
    .option('--nodes <n>', 'real nodes: as many as before, or one; more get a network namespace and a containerd each', count('a number of nodes', 0, 99))
    .option('--simulated <n>', 'nodes that only pretend to run containers', count('a number of nodes', 0, 100_000))
    .option('--store <driver>', 'where objects are kept: wal (embedded)', 'wal')
    .option('--kubeconfig <file>', 'write the admin kubeconfig there too', (file: string) => resolve(file))
    .option('--foreground', 'stay in this terminal; an interrupt stops the cluster', false)
    .option('--no-install', 'never install packages this machine lacks')
    .option('--legacy-service-account-tokens', 'give every service account a token Secret, as before v1.24', false)
    .option('--legacy-apis', 'also serve policy, discovery.k8s.io and batch v1beta1, as before v1.25', false)
    .option('--audit-log', 'write a line for each API request to logs/audit.log in the data directory', false)
    .addOption(new Option('--network <backend>', 'how packets get from node to node: as before, or host-gw; none: install a CNI of your own').choices(['host-gw', 'vxlan', 'udp', 'bgp', 'none']))
    .option('--ip-families <list>', 'of pods and Services, when the cluster is made: IPv4, or IPv4,IPv6 for both', families)
    .option('--pod-cidr <cidrs>', 'of pods, when the cluster is made: 10.244.0.0/16, with an IPv6 one behind a comma where it has both; each node takes a /24 or a /64', ranges)
    .option('--service-cidr <cidrs>', 'of Services, when the cluster is made: 10.96.0.0/16, with an IPv6 one behind a comma where it has both', ranges)
    .addOption(new Option('--proxy <backend>', 'what writes Services into the kernel, nftables where it works unless said; ipvs is deprecated; none: run a proxy of your own').choices(['nftables', 'iptables', 'ipvs', 'none']))
    .addOption(new Option('--dns <server>', 'who answers for the cluster\'s names; none: run CoreDNS or another behind the Service kube-dns').choices(['built-in', 'none']))
    .option('--components [n]', 'run controllers and scheduler in processes of their own, n of each, of which one leads (2 unless said)', count('a number of processes', 1, 9), 0)
    .option('--without <names>', 'leave controllers or scheduler (or both: a,b) to others, who find <data-dir>/{controller-manager,scheduler}.kubeconfig', loops, [])
    .option('--kubelet-config <file>', 'a KubeletConfiguration (kubelet.config.k8s.io/v1beta1) for every real node', (file: string) => resolve(file))
    .option('--api-config <file>', 'what kube-apiserver reads from files, as documents of one: AdmissionConfiguration, AuthenticationConfiguration, AuthorizationConfiguration, an audit Policy', (file: string) => resolve(file))
    .option('--token-auth-file <file>', 'tokens of users that never change, a line each: token,user,uid,"group1,group2"', (file: string) => resolve(file))
    .option('--authentication-token-webhook-config-file <file>', 'a kubeconfig of the service that is asked, by TokenReviews, whose a token is', (file: string) => resolve(file))
    .option('--enable-admission-plugins <names>', 'turn on plugins that are off by default (a,b)', names, [])
    .option('--disable-admission-plugins <names>', 'turn off plugins (a,b)', names, [])
    .action(async ({ enableAdmissionPlugins: enable, disableAdmissionPlugins: disable, authenticationTokenWebhookConfigFile: tokenWebhookFile, podCidr: podCidrs, serviceCidr: serviceCidrs, ...flags }: Flags) => {
      exit(await line.actions.up({
        ...flags,
        nodes: flags.nodes,
        network: flags.network,
        ipFamilies: flags.ipFamilies,
        podCidrs,
        serviceCidrs,
        simulated: flags.simulated,
        kubeconfig: flags.kubeconfig,
        proxy: flags.proxy,
        dns: flags.dns,
        kubeletConfig: flags.kubeletConfig,
        apiConfig: flags.apiConfig,
        tokenAuthFile: flags.tokenAuthFile,
        tokenWebhookFile,
        admission: { enable, disable },
        components: flags.components === true ? 2 : Number(flags.components),
      }, line.terminal));
    });
}

function families(text: string): UpRequest['ipFamilies'] {
  if (text === 'IPv4') return ['IPv4'];
  if (text === 'IPv4,IPv6') return ['IPv4', 'IPv6'];
  throw new InvalidArgumentError('It must be IPv4, or IPv4,IPv6: nodes find each other by IPv4.');
}

/** One network, or one of each family with a comma between them. */
function ranges(text: string): readonly string[] {
  const cidrs = text.split(',');
  for (const cidr of cidrs) {
    const [problem] = cidrProblems(cidr);
    if (problem !== undefined) throw new InvalidArgumentError(`${JSON.stringify(cidr)} ${problem}.`);
  }
  const families = cidrs.map((cidr) => isIpv6(cidr.split('/')[0]!));
  if (new Set(families).size !== cidrs.length) throw new InvalidArgumentError('It must be one network, or one of each family.');
  return cidrs;
}

const names = (text: string): readonly string[] => text.split(',').map((name) => name.trim()).filter((name) => name !== '');

/** Loops by name, with commas between them. */
function loops(text: string): UpRequest['without'] {
  return text.split(',').map((name) => {
    if (name !== 'controllers' && name !== 'scheduler') throw new InvalidArgumentError('It must be controllers, scheduler or both.');
    return name;
  });
}

const count = (what: string, least: number, most: number) => (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new InvalidArgumentError(`It must be ${what} from ${least} to ${most}.`);
  }
  return value;
};
