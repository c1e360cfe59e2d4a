/**
 * `/metrics` under upstream's names: what is counted as requests pass (metrics.ts, requests.ts), and what is looked up when
 * asked (server.ts). base/metrics holds the notions of Prometheus and their text.
 * Counting must cost next to nothing: no text is made but for labels not seen before.
 */
export { MeasuredAdmission, measuredDriver } from './measured.ts';
export { makeMetrics, type Metrics, type WatchTally } from './metrics.ts';
export { serveMetrics } from './serve.ts';
export { metricsStage } from './stage.ts';
