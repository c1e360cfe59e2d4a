import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { gateway, gatewayClass, http, httpRoute, https, leads } from '../../rules/gateway/testing/objects.ts';
import { service } from '../testing/objects.ts';
import { NO_GATEWAYS } from './table.ts';
import { GatewaySource, type GatewayPlan } from './source.ts';

const GROUP = '/apis/gateway.networking.k8s.io/v1';
const ENTRANCE = '/api/v1/namespaces/kube-system/services/knarr-ingress';

/** The Service by which agents are told, with ports for Gateways. */
const entrance = (served: string | undefined, further: readonly number[]) => {
  const one = service('knarr-ingress', { ports: [{ name: 'http', port: 80, targetPort: 10_080 }, { name: 'https', port: 443, targetPort: 10_443 }, ...further.map((port, n) => ({ name: `gateway-${port}`, port, targetPort: 10_500 + n }))] });
  return { ...one, metadata: { ...one.metadata, namespace: 'kube-system', ...(served ? { annotations: { 'knarr.dev/gateway-api': served } } : {}) } };
};

async function world() {
  const api = new FakeApi();
  const random = seededRandom(1);
  const informers = createInformers(createClient(api.transport), { clock: systemClock, log: silent, random });
  const source = new GatewaySource(informers, () => {});
  const close = async () => {
    await source[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  };
  /** The plan once it is as it should be. */
  const until = async (check: (plan: GatewayPlan) => boolean) => {
    for (let plan = source.plan(); ; plan = source.plan()) {
      if (check(plan)) return plan;
      await systemClock.sleep(5);
    }
  };
  return { api, source, informers, until, [Symbol.asyncDispose]: close };
}

const SERVED = 'gatewayclasses,gateways,httproutes';

test('nothing of the API is asked for before the entrance says that it is served, nor what is not', async () => {
  await using w = await world();
  w.api.put(ENTRANCE, entrance(undefined, []));
  await w.informers.untilSynced();
  const asked = () => w.api.requests.filter((request) => request.includes('gateway.networking'));
  expect([w.source.plan(), asked()]).toEqual([{ table: NO_GATEWAYS, doors: new Map(), main: false }, []]);
  w.api.put(ENTRANCE, entrance(SERVED, []));
  while (['gatewayclasses', 'gateways', 'httproutes'].some((kind) => !asked().some((request) => request.includes(kind)))) await systemClock.sleep(5);
  await w.informers.untilSynced();
  expect(asked().some((request) => request.includes('grpcroutes') || request.includes('referencegrants'))).toBe(false);
});

test('listeners open doors where the entrance leads, and none where it does not', async () => {
  await using w = await world();
  w.api.put(ENTRANCE, entrance(SERVED, [8080]));
  w.api.put(`${GROUP}/gatewayclasses/knarr`, gatewayClass());
  w.api.put(`${GROUP}/gatewayclasses/other`, gatewayClass('other', 'example.com/other'));
  const theirs = gateway('theirs', [http('c')]);
  w.api.put(`${GROUP}/namespaces/ns/gateways/theirs`, { ...theirs, spec: { ...theirs.spec, gatewayClassName: 'other' } });
  w.api.put(`${GROUP}/namespaces/ns/gateways/gw`, gateway('gw', [http('a', { port: 8080 }), https('b', { port: 8443 })]));
  w.api.put(`${GROUP}/namespaces/ns/httproutes/r`, httpRoute('r', { rules: [leads('/', 'web')] }));
  const first = await w.until(({ doors }) => doors.size > 0);
  expect([first.main, [...first.doors], [...first.table.ports.keys()]]).toEqual([false, [['gateway-8080', { port: 10_500, proto: 'http', shown: 8080 }]], [8080]]);

  w.api.put(ENTRANCE, entrance(SERVED, [8080, 8443]));
  w.api.put(`${GROUP}/namespaces/ns/gateways/main`, gateway('main', [http('d')]));
  const second = await w.until(({ main, doors }) => main && doors.size === 2);
  expect([[...second.doors.keys()], second.table.secrets]).toEqual([['gateway-8080', 'gateway-8443'], [{ group: '', kind: 'Secret', namespace: 'ns', name: 'b-tls' }]]);
});

test('when the definitions have gone, so has everything', async () => {
  await using w = await world();
  w.api.put(ENTRANCE, entrance(SERVED, [8080]));
  w.api.put(`${GROUP}/gatewayclasses/knarr`, gatewayClass());
  w.api.put(`${GROUP}/namespaces/ns/gateways/gw`, gateway('gw', [http('a', { port: 8080 }), http('b')]));
  await w.until(({ main, doors }) => main && doors.size === 1);
  w.api.put(ENTRANCE, entrance(undefined, []));
  await w.until(({ main, doors, table }) => !main && doors.size === 0 && table === NO_GATEWAYS);
});
