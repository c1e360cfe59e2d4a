/**
 * `/metrics` under upstream's names: what is counted as requests pass (metrics.ts, requests.ts), and what is looked up when
 * asked (server.ts). family.ts holds the notions of Prometheus, exposition.ts its text formats.
 * Counting must cost next to nothing: no text is made but for labels not seen before.
 */
export { type Collector, type Family, Histogram, Histograms, labels, type Sample, Values } from './family.ts';
export { MeasuredAdmission, measuredDriver } from './measured.ts';
export { makeMetrics, type Metrics, type WatchTally } from './metrics.ts';
export { serveMetrics } from './serve.ts';
export { metricsStage } from './stage.ts';
