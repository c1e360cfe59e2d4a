/** Set by the bundler from package.json. */
declare const KNARR_VERSION: string | undefined;

export const VERSION = typeof KNARR_VERSION === 'string' ? KNARR_VERSION : '0.0.0-source';
/** The release of Kubernetes whose API this is. */
export const KUBERNETES_VERSION = 'v1.36.0';
