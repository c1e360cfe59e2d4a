import type { Client } from '../../client/index.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { definePlugin, type Plugin } from '../framework/plugin.ts';

/** Binds through the pod's `binding` subresource; the uid guards against a namesake created meanwhile. */
export const defaultBinder = (client: Pick<Client, 'createSubresource'>): Plugin =>
  definePlugin({
    name: 'DefaultBinder',
    async bind({ pod: { metadata } }, node, signal) {
      const { name, namespace = '', uid } = metadata;
      const binding = {
        apiVersion: 'v1', kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      };
      await client.createSubresource(Pod, name, 'binding', binding, { namespace, signal });
      return true;
    },
  });
