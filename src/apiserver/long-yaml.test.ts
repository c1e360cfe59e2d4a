import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';
import { readYaml, type YamlData } from '../meta/yaml.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const YAML = { headers: { 'content-type': 'application/yaml' } };
const APPLY = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const long = `metadata:\n  name: a\ndata:\n${Array.from({ length: 3000 }, (_, n) => `  key${n}: value${n}\n`).join('')}`;

/** A reader that waits to be let go. */
function withReader() {
  const texts: string[] = [];
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => { letGo = resolve; });
  const read = async (text: string): Promise<YamlData> => {
    texts.push(text);
    await gate;
    return readYaml(text);
  };
  return { texts, read, letGo };
}

test('a small GET is answered while a long YAML body is read', async () => {
  const { texts, read, letGo } = withReader();
  await using api = await startApi({ config: { readYaml: read } });
  const posted = api.request('POST', MAPS, long, YAML);
  const small = await api.request('GET', '/api/v1/namespaces/default');
  expect([small.status, texts.length]).toEqual([200, 1]);
  letGo();
  const { status, body } = await posted;
  expect([status, body.data.key2999]).toEqual([201, 'value2999']);
});

test('short YAML and JSON are read at once', async () => {
  const { texts, read } = withReader();
  await using api = await startApi({ config: { readYaml: read } });
  const yaml = await api.request('POST', MAPS, 'metadata: { name: a }', YAML);
  const json = await api.request('PATCH', `${MAPS}/b?fieldManager=m`, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' }, data: { x: 'y'.repeat(40_000) } }), APPLY);
  expect([yaml.status, json.status, texts.length]).toEqual([201, 201, 0]);
});

test.each([
  ['a key set twice', `${long}  key7: again\n`],
  ['what is no YAML', `${long}\t- ]`],
  ['billions of laughs', `${long}a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((key, n) => `${key}: &${key} [${`*${'abcdefg'[n]}, `.repeat(9)}x]\n`).join('')}`],
  ['a depth bomb', `${long}x: ${'['.repeat(2000)}${']'.repeat(2000)}`],
  ['a number that JSON lacks', `${long}x: .nan\n`],
])('%s is told alike, wherever it is read', async (_, text) => {
  const { read, letGo } = withReader();
  letGo();
  await using apart = await startApi({ config: { readYaml: read } });
  await using within = await startApi();
  for (const [method, path, form] of [['POST', `${MAPS}?fieldValidation=Strict`, YAML], ['PATCH', `${MAPS}/a?fieldManager=m&fieldValidation=Strict`, APPLY]] as const) {
    const answers = await Promise.all([apart, within].map((api) => api.request(method, path, text, form)));
    expect(answers[0]!.status).toBe(400);
    expect(answers[0]!.body).toEqual(answers[1]!.body);
  }
});
