import type { Core } from '../core.ts';
import type { RequestInfo } from '../request-info.ts';
import { type Collector, type Family, Histogram, Histograms, type Labels, labels, Values } from '../../base/metrics/family.ts';
import { RequestMetrics } from './requests.ts';

const AUTH_SECONDS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);
const ETCD_SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const ADMISSION_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const WEBHOOK_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];
const HOUR = 3600;
const EXPIRY_SECONDS = [0, HOUR / 2, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, ...[1, 2, 4, 7, 30, 90, 180, 360].map((days) => days * 24 * HOUR)];

/** What watchers of one resource were sent. */
export class WatchTally {
  readonly labels: Labels;
  count = 0;
  readonly sizes = new Histogram(Array.from({ length: 8 }, (_, n) => 1024 * 2 ** n));

  constructor(at: Labels) {
    this.labels = at;
  }

  sent(frames: readonly { readonly length: number }[]): void {
    this.count += frames.length;
    for (const { length } of frames) this.sizes.observe(length);
  }
}

/** What the server counts, by upstream's names; written out by serve.ts. Rooms that count for themselves add a collector. */
export class Metrics {
  readonly requests: RequestMetrics;
  readonly collectors: Collector[] = [];
  readonly authentications = new Values();
  readonly authenticationSeconds = new Histograms(AUTH_SECONDS);
  readonly authenticatedUsers = new Values();
  readonly authorizations = new Values();
  readonly authorizationSeconds = new Histograms(AUTH_SECONDS);
  readonly certificateExpiry = new Histogram(EXPIRY_SECONDS);
  readonly storeRequests = new Values();
  readonly storeErrors = new Values();
  readonly storeSeconds = new Histograms(ETCD_SECONDS);
  readonly admissionSteps = new Histograms(ADMISSION_SECONDS);
  readonly admissionPlugins = new Histograms(ADMISSION_SECONDS);
  readonly webhookSeconds = new Histograms(WEBHOOK_SECONDS);
  readonly webhookRequests = new Values();
  readonly webhookRejections = new Values();
  readonly webhookFailOpen = new Values();
  readonly podSecurityEvaluations = new Values();
  readonly podSecurityExemptions = new Values();
  readonly healthChecks = new Values();
  readonly health = new Values();
  readonly inProcess = new Values();
  audited = 0;
  #watches = new Map<string, WatchTally>();

  constructor(isServed: (info: RequestInfo) => boolean) {
    this.requests = new RequestMetrics(isServed);
  }

  watchTally({ group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string }): WatchTally {
    const key = `${group}/${version}/${kind}`;
    const kept = this.#watches.get(key) ?? new WatchTally(labels({ group, kind, version }));
    this.#watches.set(key, kept);
    return kept;
  }

  *families(): Iterable<Family> {
    yield* this.requests.families();
    yield { name: 'authentication_attempts', type: 'counter', help: 'Counter of authenticated attempts.', samples: this.authentications };
    yield { name: 'authentication_duration_seconds', type: 'histogram', help: 'Authentication duration in seconds broken out by result.', samples: this.authenticationSeconds };
    yield { name: 'authenticated_user_requests', type: 'counter', help: 'Counter of authenticated requests broken out by username.', samples: this.authenticatedUsers };
    yield { name: 'authorization_attempts_total', type: 'counter', help: 'Counter of authorization attempts broken down by result. It can be either \'allowed\', \'denied\', \'no-opinion\' or \'error\'.', samples: this.authorizations };
    yield { name: 'authorization_duration_seconds', type: 'histogram', help: 'Authorization duration in seconds broken out by result.', samples: this.authorizationSeconds };
    yield { name: 'apiserver_client_certificate_expiration_seconds', type: 'histogram', help: 'Distribution of the remaining lifetime on the certificate used to authenticate a request.', samples: [{ labels: '', value: this.certificateExpiry }] };
    yield { name: 'etcd_requests_total', type: 'counter', help: 'Etcd request counts for each operation and object type.', samples: this.storeRequests };
    yield { name: 'etcd_request_errors_total', type: 'counter', help: 'Etcd failed request counts for each operation and object type.', samples: this.storeErrors };
    yield { name: 'etcd_request_duration_seconds', type: 'histogram', help: 'Etcd request latency in seconds for each operation and object type.', samples: this.storeSeconds };
    yield { name: 'apiserver_admission_step_admission_duration_seconds', type: 'histogram', help: 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).', samples: this.admissionSteps };
    yield { name: 'apiserver_admission_controller_admission_duration_seconds', type: 'histogram', help: 'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', samples: this.admissionPlugins };
    yield { name: 'apiserver_admission_webhook_admission_duration_seconds', type: 'histogram', help: 'Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).', samples: this.webhookSeconds };
    yield { name: 'apiserver_admission_webhook_request_total', type: 'counter', help: 'Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.', samples: this.webhookRequests };
    yield { name: 'apiserver_admission_webhook_rejection_count', type: 'counter', help: 'Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.', samples: this.webhookRejections };
    yield { name: 'apiserver_admission_webhook_fail_open_count', type: 'counter', help: 'Admission webhook fail open count, identified by name and broken out for each admission type (validating or mutating).', samples: this.webhookFailOpen };
    yield { name: 'pod_security_evaluations_total', type: 'counter', help: 'Number of policy evaluations that occurred, not counting ignored or exempt requests.', samples: this.podSecurityEvaluations };
    yield { name: 'pod_security_exemptions_total', type: 'counter', help: 'Number of exempt requests, not counting ignored or out of scope requests.', samples: this.podSecurityExemptions };
    yield { name: 'rest_client_requests_total', type: 'counter', help: 'Number of HTTP requests, partitioned by status code, method, and host.', samples: this.inProcess };
    yield { name: 'apiserver_audit_event_total', type: 'counter', help: 'Counter of audit events generated and sent to the audit backend.', samples: [{ labels: '', value: this.audited }] };
    const watches = [...this.#watches.values()].filter(({ count }) => count > 0);
    yield { name: 'apiserver_watch_events_total', type: 'counter', help: 'Number of events sent in watch clients', samples: watches.map(({ labels: at, count }) => ({ labels: at, value: count })) };
    yield { name: 'apiserver_watch_events_sizes', type: 'histogram', help: 'Watch event size distribution in bytes', samples: watches.map(({ labels: at, sizes }) => ({ labels: at, value: sizes })) };
    for (const collect of this.collectors) yield* collect();
  }

  /** What `/metrics/slis` shows: how the health checks went. */
  *serviceLevels(): Iterable<Family> {
    yield { name: 'kubernetes_healthcheck', type: 'gauge', help: 'This metric records the result of a single healthcheck.', samples: this.health };
    yield { name: 'kubernetes_healthchecks_total', type: 'counter', help: 'This metric records the results of all healthcheck.', samples: this.healthChecks };
  }

  noteHealth(name: string, type: string, ok: boolean): void {
    this.health.set(labels({ name, type }), ok ? 1 : 0);
    this.healthChecks.add(labels({ name, status: ok ? 'success' : 'error', type }));
  }
}

export function makeMetrics(core: Pick<Core, 'resources'>): Metrics {
  return new Metrics(({ group, version, resource }) => core.resources.kind(group, version, resource) !== undefined);
}
