/**
 * What the kubelet writes on sandboxes and containers so that it can be restarted and know them again. Names are
 * upstream's: tools that look at containers (log collectors, crictl) rely on them.
 */
export const POD_NAME = 'io.kubernetes.pod.name';
export const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
export const POD_UID = 'io.kubernetes.pod.uid';
export const CONTAINER_NAME = 'io.kubernetes.container.name';

export const CONTAINER_HASH = 'io.kubernetes.container.hash';
export const RESTART_COUNT = 'io.kubernetes.container.restartCount';
export const TERMINATION_MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath';
export const TERMINATION_MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy';
export const POD_GRACE_PERIOD = 'io.kubernetes.pod.terminationGracePeriod';
export const PRE_STOP_HANDLER = 'io.kubernetes.container.preStopHandler';
export const CONFIG_SOURCE = 'kubernetes.io/config.source';
