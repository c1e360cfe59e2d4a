import { deleteOptions } from '../../kinds/meta/delete-options.ts';
import { listMeta, status } from '../../kinds/meta/status.ts';
import { any, boolean, list, object, part, string } from '../../schema/field.ts';
import type { ObjectNode, SchemaNode } from '../../schema/node.ts';
import type { Described } from '../../schema/openapi/documents.ts';

/** What discovery answers with, and what answers and bodies are beside kinds. */

const META = 'apimachinery.pkg.apis.meta.v1';
const typeMeta = { apiVersion: string(), kind: string() };

const groupVersion = part(() => object(`${META}.GroupVersionForDiscovery`, {
  groupVersion: string().required().tag(1).describe('The group and the version, as objects have them in apiVersion.'),
  version: string().required().tag(2).describe('The version alone.'),
}));

const serverAddress = part(() => object(`${META}.ServerAddressByClientCIDR`, {
  clientCIDR: string().required().tag(1).describe('The clients the address is for.'),
  serverAddress: string().required().tag(2).describe('A host, and a port if it is not the usual one.'),
}));

const apiVersions = part(() => object(`${META}.APIVersions`, {
  versions: list(string()).required().tag(1).describe('The versions of the core group.'),
  serverAddressByClientCIDRs: list(serverAddress()).required().tag(2).describe('Where clients find the server, by where they are.'),
  ...typeMeta,
}));

const apiGroup = part(() => object(`${META}.APIGroup`, {
  name: string().required().tag(1).describe('The name of the group.'),
  versions: list(groupVersion()).required().tag(2).describe('The versions served, the preferred one first.'),
  preferredVersion: groupVersion().tag(3).describe('The version that clients should use if they know it.'),
  serverAddressByClientCIDRs: list(serverAddress()).tag(4).describe('Where clients find the server, by where they are.'),
  ...typeMeta,
}));

const apiGroupList = part(() => object(`${META}.APIGroupList`, { groups: list(apiGroup()).required().tag(1).describe('The groups there are.'), ...typeMeta }));

const apiResource = part(() => object(`${META}.APIResource`, {
  name: string().required().tag(1).describe('The plural, or the plural and a subresource.'),
  singularName: string().required().tag(6).describe('What people may type for one of them.'),
  namespaced: boolean().required().tag(2).describe('Whether objects live in namespaces.'),
  group: string().tag(8).describe("The kind's group, where it is not the list's."),
  version: string().tag(9).describe("The kind's version, where it is not the list's."),
  kind: string().required().tag(3).describe('The kind that is sent and answered.'),
  // A message of its own around the texts: Go's named slice.
  verbs: list(string()).required().within(4).tag(1).describe('What can be done.'),
  shortNames: list(string()).tag(5).describe('Shorter names people may type.'),
  categories: list(string()).tag(7).describe('Groups of resources that people may ask for together, such as all.'),
  storageVersionHash: string().tag(10).describe('Changes when objects are stored in another form.'),
}));

const apiResourceList = part(() => object(`${META}.APIResourceList`, {
  groupVersion: string().required().tag(1).describe('The group and version listed.'),
  resources: list(apiResource()).required().tag(2).describe('The resources and their subresources.'),
  ...typeMeta,
}));

const watchEvent = part(() => object(`${META}.WatchEvent`, {
  type: string().required().tag(1).describe('ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.'),
  object: any('apimachinery.pkg.runtime.RawExtension').required().tag(2).describe('The object as it is now, or was; for ERROR a Status.'),
}));

const versionInfo = part(() => object('apimachinery.pkg.version.Info', {
  major: string().required().describe('The first number of the version.'),
  minor: string().required().describe('The second number of the version.'),
  emulationMajor: string().describe('The first number of the version whose behaviour is shown.'),
  emulationMinor: string().describe('The second number of the version whose behaviour is shown.'),
  minCompatibilityMajor: string().describe('The first number of the oldest version that can still share the data.'),
  minCompatibilityMinor: string().describe('The second number of the oldest version that can still share the data.'),
  gitVersion: string().required().describe('The whole version, as v1.36.0.'),
  gitCommit: string().required().describe('The commit it was built from.'),
  gitTreeState: string().required().describe('clean, or dirty where there were changes beside the commit.'),
  buildDate: string().required().describe('When it was built.'),
  goVersion: string().required().describe('The compiler, where it was Go.'),
  compiler: string().required().describe('What built it.'),
  platform: string().required().describe('The operating system and the architecture, as linux/amd64.'),
}));

const patch: SchemaNode = { type: 'any', name: `${META}.Patch` };

export const SHAPES: Described['shapes'] = {
  APIGroup: apiGroup().node, APIGroupList: apiGroupList().node, APIResourceList: apiResourceList().node, APIVersions: apiVersions().node,
  DeleteOptions: deleteOptions().node, ListMeta: listMeta().node, Patch: patch, Status: status().node, VersionInfo: versionInfo().node,
  WatchEvent: watchEvent().node,
};

/** Discovery's own documents, as messages. */
export const DOCUMENTS: Readonly<Record<string, ObjectNode>> = Object.fromEntries(
  (['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions'] as const).map((kind) => [kind, SHAPES[kind] as ObjectNode]));
