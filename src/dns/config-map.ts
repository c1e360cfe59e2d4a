import type { Logger } from '../base/log.ts';
import type { Informers } from '../client/index.ts';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { readCorefile, type DnsConfig } from './corefile.ts';

/** Where kubernetes.io says to look: "Customizing DNS Service". */
const WHERE = { namespace: 'kube-system', fieldSelector: 'metadata.name=coredns' };
const KEY = 'Corefile';
const NOTHING: DnsConfig = readCorefile('');

export interface FollowedConfig {
  readonly current: DnsConfig;
  /** Grows with every change. */
  readonly version: number;
}

/** The Corefile of the ConfigMap `kube-system/coredns`, where there is one, as it changes. */
export function followConfig(informers: Informers, log: Logger): FollowedConfig {
  const followed = { current: NOTHING, version: 0 };
  const become = (text: string | undefined): void => {
    followed.current = text === undefined ? NOTHING : readCorefile(text);
    followed.version++;
    for (const warning of followed.current.warnings) log.warn('dns: a directive of the Corefile is left out', { warning });
  };
  informers.for(ConfigMap, WHERE).addHandler({
    onAdd: ({ data }) => become(data?.[KEY]),
    onUpdate: ({ data }) => become(data?.[KEY]),
    onDelete: () => become(undefined),
  });
  return followed;
}
