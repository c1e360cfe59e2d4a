import type { ProcessFacts } from '../base/metrics/process.ts';
import type { JWK } from 'jose';
import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Policy as PodSecurityPolicy } from '../rules/pod-security/policy.ts';
import type { Kind } from '../schema/kind.ts';
import type { Driver } from '../store/index.ts';
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo } from '../wire/api.ts';
import type { AuditRule } from './audit/index.ts';
import type { StaticTokens } from './authn/static-tokens.ts';
import type { AuthenticationConfig } from './configuration/authentication.ts';
import type { AuthorizerConfig } from './configuration/authorization.ts';
import type { EncryptionConfig } from './encryption/index.ts';
import type { LogFiles } from './logs.ts';
import type { Collector } from '../base/metrics/family.ts';
import type { RequestInfo } from './request-info.ts';
import type { RemoteService } from './webhook/remote.ts';
import type { YamlData } from '../meta/yaml.ts';

/** Where a proxied request goes. */
export interface DialTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** An HTTPS server that extends this one: a webhook, or an API of its own. */
export interface BackendTarget {
  readonly host: string;
  readonly port: number;
  /** The name in its certificate. */
  readonly serverName: string;
  /** PEM of who vouches for it; the system's authorities unless given. */
  readonly caBundle?: string;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  /** Shows the front proxy's certificate, which vouches for `X-Remote-…` headers. */
  readonly asProxy?: boolean;
  /** Shows this certificate, both as PEM. */
  readonly identity?: { readonly cert: string; readonly key: string };
}

export interface KubeletAddress {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface ServiceAccountConfig {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** A private key, ES256 or RS256. */
  readonly signingKey: JWK;
  /** Public keys that tokens may be signed with; the signing key's own is always among them. */
  readonly verificationKeys?: readonly JWK[];
}

/** A PodSecurityConfiguration (pod-security.admission.config.k8s.io/v1). */
export interface PodSecurityConfig {
  /** Of namespaces whose labels do not say; privileged unless given. */
  readonly defaults?: PodSecurityPolicy;
  /** Whom no standard is asked of. */
  readonly exemptions?: {
    readonly usernames?: readonly string[];
    readonly runtimeClasses?: readonly string[];
    readonly namespaces?: readonly string[];
  };
}

/** How many events may come, of all or of each namespace, user or thing they are about. */
export interface EventLimit {
  readonly type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject';
  /** A second, in the long run, and at once. */
  readonly qps: number;
  readonly burst: number;
  /** How many namespaces, users or things are counted at a time. */
  readonly cacheSize: number;
}

/** Of the admission plugins that have a configuration. */
export interface PluginConfigs {
  readonly podSecurity?: PodSecurityConfig;
  readonly eventRateLimit?: readonly EventLimit[];
  /** Node selectors by namespace; `clusterDefaultNodeSelector` holds for those without one. */
  readonly podNodeSelector?: Readonly<Record<string, string>>;
}

export interface AdmissionConfig {
  /** Names of plugins, on besides those that are by default. */
  readonly enable?: readonly string[];
  /** Off, by default or not. */
  readonly disable?: readonly string[];
  readonly plugins?: PluginConfigs;
}

/** Takes one audit.k8s.io/v1 Event as a line of JSON, its end included. Called with every request: it must be quick. */
export type AuditSink = (line: string) => void;

export type { ProcessFacts } from '../base/metrics/process.ts';

export interface VersionInfo {
  readonly gitVersion: string;
  readonly gitCommit?: string;
  readonly buildDate?: string;
  readonly platform?: string;
}

export interface ApiServerConfig {
  readonly serviceAccounts: ServiceAccountConfig;
  /** The cluster CA, published in `extension-apiserver-authentication` and to service accounts. */
  readonly caPem?: string;
  readonly serviceCidr?: string;
  readonly nodePortRange?: { readonly from: number; readonly to: number };
  /** What `default/kubernetes` points at. */
  readonly advertise?: { readonly address: string; readonly port: number };
  /** Asks a node's kubelet, upgrades included. */
  readonly kubelet?: (node: KubeletAddress, request: ApiRequest) => Promise<ApiResponse>;
  /** Asks a pod or a service's endpoint. */
  readonly dial?: (target: DialTarget, request: ApiRequest) => Promise<ApiResponse>;
  /** Asks a webhook or an extension API server. Follows no redirect. */
  readonly askBackend?: (target: BackendTarget, request: ApiRequest) => Promise<ApiResponse>;
  /** Services, by NAMESPACE/NAME, that serve APIs by aggregation and are answered in this very process. */
  readonly ownServices?: Readonly<Record<string, ApiHandler>>;
  /** The CA of the certificate that extension API servers know the front proxy by; the cluster's unless given. */
  readonly frontProxyCaPem?: string;
  readonly legacyServiceAccountTokens?: boolean;
  readonly admission?: AdmissionConfig;
  /** Issuers of JSON Web Tokens besides ourselves, and where nobody may ask. */
  readonly authentication?: AuthenticationConfig;
  /** Who is asked whether a request is allowed, in this order: Node and RBAC, unless said. */
  readonly authorizers?: readonly AuthorizerConfig[];
  /** What is kept encrypted in the store, and how; nothing unless given. */
  readonly encryption?: EncryptionConfig;
  /** Users by tokens that never change. */
  readonly staticTokens?: StaticTokens;
  /** Is asked whose a token is that nobody else knows. */
  readonly tokenWebhook?: RemoteService;
  readonly version?: VersionInfo;
  /** What `/logs/` shows; nothing unless given. */
  readonly logs?: LogFiles;
  readonly audit?: AuditSink;
  /** What audit tells of a request: everything at level Metadata, unless said. */
  readonly auditPolicy?: (user: UserInfo | undefined, info: RequestInfo) => AuditRule;
  /** `--max-requests-inflight` and `--max-mutating-requests-inflight`: together the seats that priority levels share. */
  readonly maxRequestsInFlight?: number;
  readonly maxMutatingRequestsInFlight?: number;
  /** For `/metrics`. */
  readonly process?: () => ProcessFacts;
  /** Metrics of other rooms in this process, asked with each scrape of `/metrics`. */
  readonly metrics?: Collector;
  /** Names this server in `kube-system/apiserver-…`, the Lease that says it lives. */
  readonly hostname?: string;
  readonly compactionInterval?: Millis;
  /** Freezes every decoded object, so that a test fails where code changes one. */
  readonly freezeObjects?: boolean;
  /** Packs large answers; whoever knows a quicker way than the runtime's own CompressionStream gives it here. */
  readonly gzip?: (chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => AsyncIterable<readonly Uint8Array[]>;
  /** Reads long YAML where it holds up nobody, as `readYaml` would; here and now unless given. May refuse by an ApiError. */
  readonly readYaml?: (text: string, signal: AbortSignal) => Promise<YamlData>;
  /** Bytes of the largest body accepted. */
  readonly maxBodyBytes?: number;
}

export interface ApiServerOptions {
  readonly driver: Driver;
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly config: ApiServerConfig;
}
