import type { JSONSchemaProps } from '../../../src/kinds/apiextensions/json-schema-props.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { ANYTHING, type Custom, define, fetchJson, redefine } from '../framework/custom.ts';
import { kubectl, tryKubectl } from '../framework/kubectl.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const PUBLISH = '[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin]';

const FOO: JSONSchemaProps = {
  type: 'object', description: 'Foo CRD for Testing',
  properties: {
    spec: {
      type: 'object', description: 'Specification of Foo',
      properties: {
        bars: {
          type: 'array', description: 'List of Bars and their specs.',
          items: {
            type: 'object', required: ['name'],
            properties: {
              name: { type: 'string', description: 'Name of Bar.' }, age: { type: 'string', description: 'Age of Bar.' },
              bazs: { type: 'array', description: 'List of Bazs.', items: { type: 'string' } },
            },
          },
        },
      },
    },
    status: {
      type: 'object', description: 'Status of Foo',
      properties: { bars: { type: 'array', description: 'List of Bars and their statuses.', items: { type: 'object', properties: { name: { type: 'string' }, available: { type: 'boolean' } } } } },
    },
  },
};

/** What `/openapi/v2` calls the definition of a version. */
const definitionName = ({ resource: { group, kind } }: Custom, version: string): string => `${[...group.split('.').reverse(), version, kind].join('.')}`;

const definitionsOf = async (t: Context): Promise<Readonly<Record<string, { readonly properties?: object }>>> =>
  (await fetchJson<{ definitions: Readonly<Record<string, { properties?: object }>> }>(t, '/openapi/v2')).definitions;

const published = (t: Context, custom: Custom, version: string): Promise<unknown> =>
  t.eventually(`${definitionName(custom, version)} is published`, async () => definitionName(custom, version) in await definitionsOf(t), { everySeconds: 1 });
const unpublished = (t: Context, custom: Custom, version: string): Promise<unknown> =>
  t.eventually(`${definitionName(custom, version)} is published no more`, async () => !(definitionName(custom, version) in await definitionsOf(t)), { everySeconds: 1 });

const manifest = ({ resource: { group, version, kind } }: Custom, name: string, more: object): string => JSON.stringify({ apiVersion: `${group}/${version}`, kind, metadata: { name }, ...more });

/** kubectl takes what this says, first created and then changed. */
async function takes(t: Context, custom: Custom, more: object): Promise<boolean> {
  const name = t.name('test');
  await kubectl(t, ['create', '-f', '-'], manifest(custom, name, more));
  await kubectl(t, ['delete', custom.resource.plural + '.' + custom.resource.group, name]);
  await kubectl(t, ['apply', '-f', '-'], manifest(custom, name, more));
  await kubectl(t, ['delete', custom.resource.plural + '.' + custom.resource.group, name]);
  return true;
}

async function refuses(t: Context, custom: Custom, more: object, why: RegExp): Promise<boolean> {
  for (const verb of ['create', 'apply']) {
    const { code, stderr } = await tryKubectl(t, [verb, '-f', '-'], manifest(custom, t.name('test'), more));
    check(code !== 0 && why.test(stderr), `${verb} is refused: ${stderr}`);
  }
  return true;
}

const explain = (t: Context, { resource: { plural, group } }: Custom, field = ''): Promise<string> => kubectl(t, ['explain', `${plural}${field}`, `--api-version=${group}/v1`]);

const VALID = ['valid properties are taken', 'unknown properties are refused', 'a missing required property is refused', 'explain tells of the properties', 'explain tells of nested properties'];
const validating = test(`${PUBLISH} works for CRD with validation schema [Conformance]`, { musts: VALID }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v1', schema: FOO }] });
  await published(t, custom, 'v1');
  t.must(VALID[0]!, await takes(t, custom, { spec: { bars: [{ name: 'test-bar' }] } }));
  t.must(VALID[1]!, await refuses(t, custom, { spec: { bars: [{ name: 'test-bar' }], foo: true } }, /unknown field/));
  t.must(VALID[2]!, await refuses(t, custom, { spec: { bars: [{ age: '10' }] } }, /[Rr]equired|missing/));
  const text = await explain(t, custom);
  t.must(VALID[3]!, /Foo CRD for Testing/.test(text) && /spec\s+<Object>\s+Specification of Foo/.test(text) && /status\s+<Object>\s+Status of Foo/.test(text), text);
  const nested = await explain(t, custom, '.spec.bars');
  t.must(VALID[4]!, /List of Bars and their specs/.test(nested) && /age\s+<string>/.test(nested) && /bazs\s+<\[\]string>/.test(nested) && /name\s+<string>.*required/s.test(nested), nested);
});

const LOOSE = ['unknown properties are taken', 'explain has a DESCRIPTION'];
const loose = test(`${PUBLISH} works for CRD without validation schema [Conformance]`, { musts: LOOSE }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v1', schema: ANYTHING }] });
  await published(t, custom, 'v1');
  t.must(LOOSE[0]!, await takes(t, custom, { a: { b: [{ c: 'd' }] } }));
  const text = await explain(t, custom);
  t.must(LOOSE[1]!, /DESCRIPTION:\s+<empty>/.test(text), text);
});

const ROOT = ['unknown properties are taken', 'explain shows the kind'];
const atRoot = test(`${PUBLISH} works for CRD preserving unknown fields at the schema root [Conformance]`, { musts: ROOT }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v1', schema: { ...FOO, 'x-kubernetes-preserve-unknown-fields': true } }] });
  await published(t, custom, 'v1');
  t.must(ROOT[0]!, await takes(t, custom, { a: { b: [{ c: 'd' }] } }));
  const text = await explain(t, custom);
  t.must(ROOT[1]!, /KIND:\s+Foo/.test(text), text);
});

const EMBEDDED = ['unknown properties are taken', 'explain shows the field that keeps what it does not know'];
const embedded = test(`${PUBLISH} works for CRD preserving unknown fields in an embedded object [Conformance]`, { musts: EMBEDDED }, async (t) => {
  const schema: JSONSchemaProps = {
    type: 'object', description: 'preserve-unknown-properties in nested field for Testing',
    properties: {
      spec: { type: 'object', description: 'Specification of Waldo', 'x-kubernetes-preserve-unknown-fields': true, properties: { dummy: { type: 'string', description: 'Dummy property.' } } },
      status: { type: 'object', description: 'Status of Waldo', properties: { bars: { type: 'array', description: 'List of Bars and their statuses.', items: { type: 'string' } } } },
    },
  };
  const custom = await define(t, { kind: 'Waldo', versions: [{ name: 'v1', schema }] });
  await published(t, custom, 'v1');
  t.must(EMBEDDED[0]!, await takes(t, custom, { spec: { a: null, b: [{ c: 'd' }] } }));
  const text = await explain(t, custom);
  t.must(EMBEDDED[1]!, /DESCRIPTION:\s+preserve-unknown-properties in nested\s+field for Testing/.test(text) && /spec\s+<Object>|spec\s+<>/.test(text), text);
});

const PAIR = ['both are published'];
const groups = test(`${PUBLISH} works for multiple CRDs of different groups [Conformance]`, { musts: PAIR }, async (t) => {
  const [foo, waldo] = [await define(t, { versions: [{ name: 'v1', schema: FOO }] }), await define(t, { kind: 'Waldo', versions: [{ name: 'v1beta1', schema: FOO }] })];
  await published(t, foo, 'v1');
  await published(t, waldo, 'v1beta1');
  t.must(PAIR[0]!, foo.resource.group !== waldo.resource.group);
});

const kinds = test(`${PUBLISH} works for multiple CRDs of same group and version but different kinds [Conformance]`, { musts: PAIR }, async (t) => {
  const group = `${t.name('kinds')}.example.com`;
  const [foo, waldo] = [await define(t, { group, versions: [{ name: 'v6', schema: FOO }] }), await define(t, { group, kind: 'Waldo', versions: [{ name: 'v6', schema: FOO }] })];
  await published(t, foo, 'v6');
  await published(t, waldo, 'v6');
  t.must(PAIR[0]!, true);
});

const versions = test(`${PUBLISH} works for multiple CRDs of same group but different versions [Conformance]`, { musts: PAIR }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v2', schema: FOO }, { name: 'v3', schema: FOO }] });
  await published(t, custom, 'v2');
  await published(t, custom, 'v3');
  t.must(PAIR[0]!, true);
});

const UNSERVED = ['the versions are published', 'the one that is served no more goes, the other stays'];
const unserved = test(`${PUBLISH} removes definition from spec when one version gets changed to not be served [Conformance]`, { musts: UNSERVED }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v5', schema: FOO }, { name: 'v6alpha1', schema: FOO }] });
  await published(t, custom, 'v5');
  await published(t, custom, 'v6alpha1');
  t.must(UNSERVED[0]!, true);
  await redefine(t, custom.definition.metadata.name, (one) => ({ ...one, spec: { ...one.spec, versions: one.spec.versions.map((version) => (version.name === 'v6alpha1' ? { ...version, served: false } : version)) } }));
  await unpublished(t, custom, 'v6alpha1');
  t.must(UNSERVED[1]!, definitionName(custom, 'v5') in await definitionsOf(t));
});

const RENAMED = ['the versions are published', 'the new name is published, the old one no more'];
const renamed = test(`${PUBLISH} updates the published spec when one version gets renamed [Conformance]`, { musts: RENAMED }, async (t) => {
  const custom = await define(t, { versions: [{ name: 'v2', schema: FOO }, { name: 'v3', schema: FOO }] });
  await published(t, custom, 'v2');
  await published(t, custom, 'v3');
  t.must(RENAMED[0]!, true);
  await redefine(t, custom.definition.metadata.name, (one) => ({ ...one, spec: { ...one.spec, versions: one.spec.versions.map((version) => (version.name === 'v3' ? { ...version, name: 'v4' } : version)) } }));
  await published(t, custom, 'v4');
  await unpublished(t, custom, 'v3');
  t.must(RENAMED[1]!, definitionName(custom, 'v2') in await definitionsOf(t));
});

export const publishOpenApi: readonly TestCase[] = [validating, loose, atRoot, embedded, groups, versions, kinds, unserved, renamed];
