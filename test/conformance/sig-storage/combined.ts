import { test, type TestCase } from '../framework/test-case.ts';
import { configMapSource, secretSource } from './file-sources.ts';

const everything = test('[sig-storage] Projected combined should project all components that make up the projection API [Projection][NodeConformance] [Conformance]',
  { musts: ['config map, secret and pod fields are in one volume'] }, async (t) => {
    const [map, secret, name] = [t.name('map'), t.name('secret'), t.name('all')];
    await configMapSource.create(t, map, { 'map-data': 'from the map' });
    await secretSource.create(t, secret, { 'secret-data': 'from the secret' });
    const log = await t.pods.output({
      name, sh: 'cat /all/name /all/map-data /all/secret-data',
      container: { volumeMounts: [{ name: 'all', mountPath: '/all' }] },
      spec: { volumes: [{ name: 'all', projected: { sources: [
        { configMap: { name: map } }, { secret: { name: secret } },
        { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ] } }] },
    });
    t.must('config map, secret and pod fields are in one volume', log === `${name}from the mapfrom the secret`, log);
  });

const noConflict = test('[sig-storage] EmptyDir wrapper volumes should not conflict [Conformance]',
  { musts: ['the pod has its secret and its config map and is ready'] }, async (t) => {
    const [map, secret] = [t.name('map'), t.name('secret')];
    await configMapSource.create(t, map, { 'data-1': 'm' });
    await secretSource.create(t, secret, { 'data-1': 's' });
    const pod = await t.pods.ready({
      container: { volumeMounts: [{ name: 'secret', mountPath: '/etc/secret' }, { name: 'map', mountPath: '/etc/map' }] },
      spec: { volumes: [secretSource.volume('secret', secret), configMapSource.volume('map', map)] },
    });
    const text = await t.pods.sh(pod.metadata.name, 'cat /etc/secret/data-1 /etc/map/data-1');
    t.must('the pod has its secret and its config map and is ready', text === 'sm', text);
  });

const MAPS = 50;
const PODS = 5;

/** Many volumes of one kind in one pod, several times over: the wrapper directories must not get into each other's way. */
const noRace = test('[sig-storage] EmptyDir wrapper volumes should not cause race condition when used for configmaps [Serial] [Conformance]',
  { musts: ['pods with fifty config map volumes run'], timeoutSeconds: 400 }, async (t) => {
    const names = Array.from({ length: MAPS }, (_, i) => `racey-${i}`);
    await Promise.all(names.map((name) => configMapSource.create(t, name, { 'data-1': name })));
    for (let round = 0; round < PODS; round++) {
      const pod = await t.pods.running({
        sh: 'sleep 10000', container: { volumeMounts: names.map((name) => ({ name, mountPath: `/etc/${name}` })) },
        spec: { volumes: names.map((name) => configMapSource.volume(name, name)) },
      });
      await t.pods.delete(pod.metadata.name, 0);
    }
    t.must('pods with fifty config map volumes run', true);
  });

export const combinedVolumes: readonly TestCase[] = [everything, noConflict, noRace];
