/** What the kubelet counts, by upstream's names (https://kubernetes.io/docs/reference/instrumentation/metrics/); written out by its server. */
import type { Millis } from '../../base/clock.ts';
import { Histogram, Histograms, labels, Values } from '../../base/metrics/family.ts';
import type { Family } from '../../base/metrics/family.ts';

const DEFAULT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RUNTIME_SECONDS = Array.from({ length: 14 }, (_, n) => 0.005 * 2.5 ** n);
const START_SECONDS = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];
const PULL_SECONDS = [1, 5, 10, 20, 30, 60, 180, 300, 600, 900, 1200, 1800, 2700, 3600];
const STORAGE_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

const MIB = 1024 * 1024;
/** Of images, with the names their ranges have in the label. */
const SIZES: readonly (readonly [most: number, name: string])[] = [
  [10 * MIB, '0-10MB'], [100 * MIB, '10MB-100MB'], [500 * MIB, '100MB-500MB'], [1024 * MIB, '500MB-1GB'], [5 * 1024 * MIB, '1GB-5GB'], [10 * 1024 * MIB, '5GB-10GB'],
  [20 * 1024 * MIB, '10GB-20GB'], [30 * 1024 * MIB, '20GB-30GB'], [40 * 1024 * MIB, '30GB-40GB'], [60 * 1024 * MIB, '40GB-60GB'], [100 * 1024 * MIB, '60GB-100GB'],
];

export type ContainerType = 'container' | 'init_container' | 'ephemeral_container' | 'pod_sandbox';
/** What made a pod's worker run. */
export type WorkerOperation = 'create' | 'update' | 'sync' | 'kill';

/** One series, whatever its labels, or none. */
const alone = (value: number) => [{ labels: '', value }];
const seconds = (span: Millis): number => span / 1000;

interface Counted {
  readonly name: string;
  readonly type: Family['type'];
  readonly help: string;
  readonly of: Iterable<Family['samples'] extends Iterable<infer S> ? S : never> | Histogram;
}

export class KubeletMetrics {
  readonly #operations = new Values();
  readonly #operationErrors = new Values();
  readonly #operationSeconds = new Histograms(RUNTIME_SECONDS);
  readonly #sandboxSeconds = new Histograms(RUNTIME_SECONDS);
  readonly #sandboxErrors = new Values();
  readonly #startedContainers = new Values();
  readonly #containerErrors = new Values();
  readonly #workerSeconds = new Histograms(DEFAULT_SECONDS);
  readonly #relists = new Histogram(DEFAULT_SECONDS);
  readonly #relistIntervals = new Histogram(DEFAULT_SECONDS);
  readonly #podStarts = new Histogram(START_SECONDS);
  readonly #podStartsBare = new Histogram(START_SECONDS);
  readonly #podStartsWhole = new Histogram(START_SECONDS);
  readonly #containersPerPod = new Histogram([1, 2, 4, 8, 16]);
  readonly #pulls = new Histograms(PULL_SECONDS);
  readonly #imagesCollected = new Values();
  readonly #evictions = new Values();
  readonly #rejections = new Values();
  readonly #requests = new Values();
  readonly #requestSeconds = new Histograms(DEFAULT_SECONDS);
  readonly #inflight = new Values();
  readonly #probes = new Values();
  readonly #probeSeconds = new Histograms(DEFAULT_SECONDS);
  readonly #storageSeconds = new Histograms(STORAGE_SECONDS);
  readonly #ensuredImages = new Values();
  #startedPods = 0;
  #startedPodErrors = 0;
  #relistedAt: Millis = 0;

  /** A call to the container runtime, as its service's instrumentation names it. */
  runtimeOperation(name: string, span: Millis, failed: boolean): void {
    const at = labels({ operation_type: name });
    this.#operations.add(at);
    this.#operationSeconds.at(at).observe(seconds(span));
    if (failed) this.#operationErrors.add(at);
  }

  sandboxRun(handler: string, span: Millis, failed: boolean): void {
    const at = labels({ runtime_handler: handler });
    this.#sandboxSeconds.at(at).observe(seconds(span));
    if (failed) this.#sandboxErrors.add(at);
    this.containerStarting('pod_sandbox');
    if (failed) this.containerFailed('pod_sandbox', 'KillPodSandbox');
    else this.#startedPods++;
    if (failed) this.#startedPodErrors++;
  }

  containerStarting(type: ContainerType): void {
    this.#startedContainers.add(labels({ container_type: type }));
  }

  /** @param code the reason the container then waits for */
  containerFailed(type: ContainerType, code: string): void {
    this.#containerErrors.add(labels({ code, container_type: type }));
  }

  workerPass(operation: WorkerOperation, span: Millis): void {
    this.#workerSeconds.at(labels({ operation_type: operation })).observe(seconds(span));
  }

  /** @param interval since the listing before */
  relisted(span: Millis, interval: Millis | undefined, now: Millis): void {
    this.#relists.observe(seconds(span));
    if (interval !== undefined) this.#relistIntervals.observe(seconds(interval));
    this.#relistedAt = now;
  }

  podSeen(containers: number): void {
    this.#containersPerPod.observe(containers);
  }

  /** @param whole since it was created, @param bare without pulls and init containers */
  podStarted({ sinceSeen, whole, bare }: { readonly sinceSeen: Millis; readonly whole: Millis; readonly bare: Millis }): void {
    this.#podStarts.observe(seconds(sinceSeen));
    this.#podStartsWhole.observe(seconds(whole));
    this.#podStartsBare.observe(seconds(bare));
  }

  imagePulled(bytes: number, span: Millis): void {
    const size = SIZES.find(([most]) => bytes < most)?.[1] ?? 'GT100GB';
    this.#pulls.at(labels({ image_size_in_bytes: size })).observe(seconds(span));
  }

  imageCollected(reason: 'age' | 'space'): void {
    this.#imagesCollected.add(labels({ reason }));
  }

  imageEnsured(at: { readonly present_locally: boolean; readonly pull_policy: string; readonly pull_required: boolean }): void {
    this.#ensuredImages.add(labels({ present_locally: String(at.present_locally), pull_policy: at.pull_policy.toLowerCase(), pull_required: String(at.pull_required) }));
  }

  evicted(signal: string): void {
    this.#evictions.add(labels({ eviction_signal: signal }));
  }

  podRejected(reason: string): void {
    this.#rejections.add(labels({ reason }));
  }

  /** @returns what to call when the request has been answered */
  request(at: { readonly method: string; readonly path: string; readonly serverType: string; readonly longRunning: boolean }, now: () => Millis): () => void {
    const began = now();
    const of = labels({ long_running: String(at.longRunning), method: at.method, path: at.path, server_type: at.serverType });
    this.#requests.add(of);
    this.#inflight.add(of);
    return () => {
      this.#inflight.add(of, -1);
      this.#requestSeconds.at(of).observe(seconds(now() - began));
    };
  }

  probed(at: { readonly pod: { readonly name: string; readonly namespace?: string; readonly uid: string }; readonly container: string; readonly type: string }, result: 'successful' | 'failed' | 'unknown', span: Millis): void {
    const { pod: { name, namespace = '', uid }, container, type } = at;
    const probe_type = `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
    this.#probes.add(labels({ container, namespace, pod: name, pod_uid: uid, probe_type, result }));
    this.#probeSeconds.at(labels({ container, namespace, pod: name, probe_type })).observe(seconds(span));
  }

  storageOperation(operation: string, at: { readonly plugin: string; readonly failed: boolean }, span: Millis): void {
    this.#storageSeconds.at(labels({ migrated: 'false', operation_name: operation, status: at.failed ? 'fail-unknown' : 'success', volume_plugin: at.plugin })).observe(seconds(span));
  }

  /** `/metrics`, what is looked up when asked aside. */
  *families(): Iterable<Family> {
    for (const { name, type, help, of } of this.#counted()) {
      if (of instanceof Histogram) {
        if (of.count > 0) yield { name, type, help, samples: [{ labels: '', value: of }] };
      } else yield { name, type, help, samples: of };
    }
  }

  /** `/metrics/probes`. */
  *probeFamilies(): Iterable<Family> {
    yield { name: 'prober_probe_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds for a probe response.', samples: this.#probeSeconds };
    yield { name: 'prober_probe_total', type: 'counter', help: '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.', samples: this.#probes };
  }

  #counted(): readonly Counted[] {
    return [
      { name: 'kubelet_runtime_operations_total', type: 'counter', help: '[BETA] Cumulative number of runtime operations by operation type.', of: this.#operations },
      { name: 'kubelet_runtime_operations_errors_total', type: 'counter', help: '[BETA] Cumulative number of runtime operation errors by operation type.', of: this.#operationErrors },
      { name: 'kubelet_runtime_operations_duration_seconds', type: 'histogram', help: '[BETA] Duration in seconds of runtime operations. Broken down by operation type.', of: this.#operationSeconds },
      { name: 'kubelet_run_podsandbox_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.', of: this.#sandboxSeconds },
      { name: 'kubelet_run_podsandbox_errors_total', type: 'counter', help: '[ALPHA] Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.', of: this.#sandboxErrors },
      { name: 'kubelet_started_pods_total', type: 'counter', help: '[BETA] Cumulative number of pods started', of: alone(this.#startedPods) },
      { name: 'kubelet_started_pods_errors_total', type: 'counter', help: '[BETA] Cumulative number of errors when starting pods', of: alone(this.#startedPodErrors) },
      { name: 'kubelet_started_containers_total', type: 'counter', help: '[BETA] Cumulative number of containers started', of: this.#startedContainers },
      { name: 'kubelet_started_containers_errors_total', type: 'counter', help: '[BETA] Cumulative number of errors when starting containers', of: this.#containerErrors },
      { name: 'kubelet_pod_worker_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync', of: this.#workerSeconds },
      { name: 'kubelet_pod_start_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run', of: this.#podStarts },
      { name: 'kubelet_pod_start_sli_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds to start a pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch', of: this.#podStartsBare },
      { name: 'kubelet_pod_start_total_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds to start a pod since creation, including time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch', of: this.#podStartsWhole },
      { name: 'kubelet_containers_per_pod_count', type: 'histogram', help: '[ALPHA] The number of containers per pod.', of: this.#containersPerPod },
      { name: 'kubelet_pleg_relist_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds for relisting pods in PLEG.', of: this.#relists },
      { name: 'kubelet_pleg_relist_interval_seconds', type: 'histogram', help: '[ALPHA] Interval in seconds between relisting in PLEG.', of: this.#relistIntervals },
      { name: 'kubelet_pleg_last_seen_seconds', type: 'gauge', help: '[ALPHA] Timestamp in seconds when PLEG was last seen active.', of: alone(this.#relistedAt / 1000) },
      { name: 'kubelet_pleg_discard_events', type: 'counter', help: '[ALPHA] The number of discard events in PLEG.', of: alone(0) },
      { name: 'kubelet_image_pull_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds to pull an image.', of: this.#pulls },
      { name: 'kubelet_image_garbage_collected_total', type: 'counter', help: '[BETA] Total number of images garbage collected by the kubelet, whether through disk usage or image age.', of: this.#imagesCollected },
      { name: 'kubelet_image_manager_ensure_image_requests_total', type: 'counter', help: '[ALPHA] Number of ensure-image requests processed by the kubelet.', of: this.#ensuredImages },
      { name: 'kubelet_evictions', type: 'counter', help: '[ALPHA] Cumulative number of pod evictions by eviction signal', of: this.#evictions },
      { name: 'kubelet_admission_rejections_total', type: 'counter', help: '[ALPHA] Cumulative number pod admission rejections by the Kubelet.', of: this.#rejections },
      { name: 'kubelet_http_requests_total', type: 'counter', help: '[ALPHA] Number of the http requests received since the server started', of: this.#requests },
      { name: 'kubelet_http_requests_duration_seconds', type: 'histogram', help: '[ALPHA] Duration in seconds to serve http requests', of: this.#requestSeconds },
      { name: 'kubelet_http_inflight_requests', type: 'gauge', help: '[ALPHA] Number of the inflight http requests', of: this.#inflight },
      { name: 'storage_operation_duration_seconds', type: 'histogram', help: '[ALPHA] Storage operation duration', of: this.#storageSeconds },
    ];
  }
}
