/** A pod as a Deployment makes it: about 3 kB as stored, managedFields included. */
export function pod(name: string, note = 'none'): Readonly<Record<string, unknown>> {
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 };
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9' }, annotations: { 'example.com/build': 'a'.repeat(64), note } },
    spec: {
      automountServiceAccountToken: false,
      containers: [{
        name: 'web', image: 'registry.example.com/web:1.2.3', args: ['--port=8080'], ports: [{ containerPort: 8080 }],
        env: [{ name: 'MODE', value: 'production' }, { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }, readinessProbe: probe, livenessProbe: probe,
        volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
      }],
      volumes: [{ name: 'cache', emptyDir: {} }],
    },
  };
}

/** As a kubelet tells it; `beat` changes with each report. */
export function podStatus(beat: number): Readonly<Record<string, unknown>> {
  const at = '2026-01-01T00:00:00Z';
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: at });
  return {
    phase: 'Running', hostIP: '192.0.2.7', podIP: '10.244.1.7', podIPs: [{ ip: '10.244.1.7' }], startTime: at, qosClass: 'Burstable',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    containerStatuses: [{
      name: 'web', image: 'registry.example.com/web:1.2.3', imageID: `registry.example.com/web@sha256:${'b'.repeat(64)}`,
      containerID: `containerd://${'c'.repeat(64)}`, ready: true, started: true, restartCount: beat, lastState: {}, state: { running: { startedAt: at } },
    }],
  };
}
