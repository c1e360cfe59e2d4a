/** What the webhooks of the conformance tests decide, by the path they are called at. */
interface Meta {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
interface Seen {
  readonly metadata?: Meta;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly containers?: readonly { readonly name: string }[] };
}
interface Request {
  readonly uid: string;
  readonly operation: string;
  readonly object: Seen | null;
  readonly oldObject: Seen | null;
}
interface Review {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly request?: Request | { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Custom[] };
}
type Decision = { readonly allowed: boolean; readonly message?: string; readonly patch?: readonly object[] };

const allowed: Decision = { allowed: true };
const denied = (message: string): Decision => ({ allowed: false, message });
const patched = (...patch: readonly object[]): Decision => ({ allowed: true, patch });
const seconds = (count: number) => new Promise<void>((resolve) => void setTimeout(resolve, count * 1000));

/** Adds the second stage where the first was, and the first where it was asked for. */
function mutateData({ object }: Request): Decision {
  const data = object?.data ?? {};
  const added = [
    ...(data['mutation-start'] === 'yes' ? [{ op: 'add', path: '/data/mutation-stage-1', value: 'yes' }] : []),
    ...(data['mutation-stage-1'] === 'yes' ? [{ op: 'add', path: '/data/mutation-stage-2', value: 'yes' }] : []),
  ];
  return added.length === 0 ? allowed : patched(...added);
}

const DECISIONS: Readonly<Record<string, (request: Request) => Decision | Promise<Decision>>> = {
  '/mutating-data': mutateData,
  '/mutating-pods': ({ object }) => (object?.metadata?.name === 'webhook-to-be-mutated'
    ? patched({ op: 'add', path: '/spec/initContainers', value: [{ name: 'webhook-added-init-container', image: 'knarr.local/busybox:1', command: ['true'] }] }) : allowed),
  '/pods': async ({ object }) => {
    if (object?.metadata?.labels?.['webhook-e2e-test'] === 'wait') await seconds(600);
    if (object?.metadata?.labels?.['webhook-e2e-test'] === 'webhook-disallow') return denied('the pod contains unwanted label');
    return object?.spec?.containers?.some(({ name }) => name.includes('webhook-disallow')) ? denied('the pod contains unwanted container name') : allowed;
  },
  '/attach': () => denied('attaching to pods is not allowed'),
  '/data': ({ object, oldObject, operation }) => {
    const data = (operation === 'DELETE' ? oldObject : object)?.data ?? {};
    return data['webhook-e2e-test'] === 'webhook-disallow' ? denied('the configmap contains unwanted key and value') : allowed;
  },
  '/definitions': ({ object }) => (object?.metadata?.labels?.['webhook-e2e-test'] === 'webhook-disallow' ? denied('the crd contains unwanted label') : allowed),
  '/always-deny': () => denied('this webhook denies all requests'),
  '/add-label': () => patched({ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }),
  '/slow': async () => {
    await seconds(5);
    return allowed;
  },
};

/** Undefined where nothing is served at the path. */
export async function answerReview(path: string, review: Review): Promise<object | undefined> {
  const { request, apiVersion, kind } = review;
  if (!request) return undefined;
  if (path === '/convert' && 'objects' in request) return { apiVersion, kind, response: { uid: request.uid, result: { status: 'Success' }, convertedObjects: request.objects.map((one) => converted(one, request.desiredAPIVersion)) } };
  const decide = DECISIONS[path];
  if (!decide || 'objects' in request) return undefined;
  const { allowed: isAllowed, message, patch } = await decide(request);
  return {
    apiVersion, kind,
    response: {
      uid: request.uid, allowed: isAllowed, ...(message === undefined ? {} : { status: { message } }),
      ...(patch ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {}),
    },
  };
}

interface Custom {
  readonly apiVersion: string;
  readonly hostPort?: string;
  readonly host?: string;
  readonly port?: string;
}

/** v1 has `hostPort`, v2 `host` and `port`. */
function converted({ apiVersion, hostPort, host, port, ...rest }: Custom, desired: string): object {
  if (apiVersion === desired) return { ...rest, apiVersion, ...(hostPort === undefined ? { host, port } : { hostPort }) };
  if (desired.endsWith('/v2')) {
    const [name, number] = (hostPort ?? '').split(':');
    return { ...rest, apiVersion: desired, host: name, port: number };
  }
  return { ...rest, apiVersion: desired, hostPort: `${host}:${port}` };
}
