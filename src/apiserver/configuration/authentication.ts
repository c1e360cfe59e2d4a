/** AuthenticationConfiguration (apiserver.config.k8s.io): who may tell who somebody is, by JSON Web Tokens, and where nobody may ask (KEP-3331, KEP-4633). */
import { BOOL, DYN, listOf, mapOf, NULL, objectOf, STRING, type CelType } from '../../cel/types.ts';
import { compileExpression, type Program } from '../../cel/compile.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { boolean, list, object, string, type TypeOf } from '../../schema/field.ts';
import { decode, type Document, type DocumentKind } from './document.ts';

const at = (name: string) => `apiserver.config.v1.${name}`;
const issuer = object(at('Issuer'), {
  url: string().default(''), discoveryURL: string(), certificateAuthority: string(), audiences: list(string()), audienceMatchPolicy: string(), egressSelectorType: string(),
});
const prefixed = () => object(at('PrefixedClaimOrExpression'), { claim: string(), prefix: string().pointer(), expression: string() });
const claimOrExpression = () => object(at('ClaimOrExpression'), { claim: string(), expression: string() });
const jwtAuthenticator = object(at('JWTAuthenticator'), {
  issuer: issuer.default({}),
  claimValidationRules: list(object(at('ClaimValidationRule'), { claim: string(), requiredValue: string(), expression: string(), message: string() })),
  claimMappings: object(at('ClaimMappings'), {
    username: prefixed().default({}), groups: prefixed().default({}), uid: claimOrExpression().default({}),
    extra: list(object(at('ExtraMapping'), { key: string().default(''), valueExpression: string().default('') })),
  }).default({}),
  userValidationRules: list(object(at('UserValidationRule'), { expression: string().default(''), message: string() })),
});
const authenticationConfiguration = object(at('AuthenticationConfiguration'), {
  jwt: list(jwtAuthenticator),
  anonymous: object(at('AnonymousAuthConfig'), { enabled: boolean().default(false), conditions: list(object(at('AnonymousAuthCondition'), { path: string().required() })) }),
});
const AUTHENTICATION: DocumentKind<TypeOf<typeof authenticationConfiguration>> = {
  kind: 'AuthenticationConfiguration', apiVersions: ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`), schema: authenticationConfiguration,
};

/** From a claim, or from what an expression over all claims comes to. */
export type Mapping = { readonly claim: string; readonly prefix: string } | { readonly expression: Program };
export type Rule = { readonly claim: string; readonly requiredValue: string } | { readonly expression: Program; readonly message: string };

/** One issuer of tokens, and how its tokens name users. */
export interface JwtConfig {
  readonly issuer: string;
  /** Where it says where its keys are. */
  readonly discoveryUrl: string;
  readonly caPem?: string;
  /** A token is for one of these. */
  readonly audiences: readonly string[];
  readonly claimRules: readonly Rule[];
  readonly username: Mapping;
  readonly groups?: Mapping;
  readonly uid?: Mapping;
  readonly extra: readonly { readonly key: string; readonly expression: Program }[];
  readonly userRules: readonly { readonly expression: Program; readonly message: string }[];
}

/** Whether those who show nothing are let in as system:anonymous, and to which paths; to all where none is named. */
export interface AnonymousConfig {
  readonly enabled: boolean;
  readonly paths: readonly string[];
}

export interface AuthenticationConfig {
  readonly jwt: readonly JwtConfig[];
  readonly anonymous?: AnonymousConfig;
}

/** @throws Error in upstream's words, all that is wrong in one */
export function readAuthentication(document: Document): AuthenticationConfig {
  const { jwt = [], anonymous } = decode(AUTHENTICATION, document);
  const problems: string[] = [];
  const read = jwt.map((one, index) => readJwt(one, `jwt[${index}]`, problems));
  for (const [index, { issuer: url }] of read.entries()) {
    if (url !== '' && read.findIndex((other) => other.issuer === url) < index) problems.push(`jwt[${index}].issuer.url: Duplicate value: ${JSON.stringify(url)}`);
  }
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length) problems.push('anonymous.conditions: Invalid value: enabled should be set to true when conditions are defined');
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return { jwt: read, ...(anonymous ? { anonymous: { enabled: anonymous.enabled, paths: (anonymous.conditions ?? []).map(({ path }) => path) } } : {}) };
}

const CLAIMS = { claims: mapOf(STRING, DYN) };
const field = (property: string, type: CelType) => ({ property, type });
const USER = {
  user: objectOf('kubernetes.UserInfo', {
    username: field('username', STRING), uid: field('uid', STRING), groups: field('groups', listOf(STRING)), extra: field('extra', mapOf(STRING, listOf(STRING))),
  }),
};
const TEXTS: readonly CelType[] = [STRING, listOf(STRING), NULL, DYN, listOf(DYN)];

type Said = NonNullable<TypeOf<typeof authenticationConfiguration>['jwt']>[number];

function readJwt({ issuer: from, claimValidationRules = [], claimMappings, userValidationRules = [] }: Said, path: string, problems: string[]): JwtConfig {
  const complain = (field: string, text: string) => void problems.push(`${path}.${field}: ${text}`);
  const program = (field: string, source: string, options: Parameters<typeof compileExpression>[1]): Program => {
    const compiled = compileExpression(source, options);
    if (compiled.ok) return compiled.program;
    complain(field, `Invalid value: ${JSON.stringify(source)}: ${compiled.reason}`);
    return NOTHING;
  };
  const claims = (field: string, source: string, returns: readonly CelType[]) => program(field, source, { variables: CLAIMS, returns });
  checkIssuer(from, complain);
  const { username, groups, uid, extra = [] } = claimMappings;
  const mapping = (name: string, { claim, prefix, expression }: { readonly claim?: string; readonly prefix?: string; readonly expression?: string }, returns: readonly CelType[]): Mapping | undefined => {
    if (expression) {
      if (claim || prefix !== undefined) complain(name, 'Invalid value: "": claim and expression can\'t both be set');
      return { expression: claims(`${name}.expression`, expression, returns) };
    }
    if (!claim) return undefined;
    if (prefix === undefined && name !== 'claimMappings.uid') complain(`${name}.prefix`, 'Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing');
    return { claim, prefix: prefix ?? '' };
  };
  const named = mapping('claimMappings.username', username, [STRING, DYN]);
  if (!named) complain('claimMappings.username', 'Required value: claim or expression is required');
  if (named && 'expression' in named && /claims\.email\b/.test(username.expression ?? '') && !/claims\.\??email_verified\b/.test(JSON.stringify([username, extra, claimValidationRules]))) {
    complain('claimMappings.username.expression', `Invalid value: ${JSON.stringify(username.expression)}: claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression`);
  }
  const grouped = mapping('claimMappings.groups', groups, TEXTS);
  const identified = mapping('claimMappings.uid', uid, [STRING, DYN]);
  return {
    issuer: from.url,
    discoveryUrl: from.discoveryURL || `${from.url.replace(/\/$/, '')}/.well-known/openid-configuration`,
    ...(from.certificateAuthority ? { caPem: from.certificateAuthority } : {}),
    audiences: from.audiences ?? [],
    claimRules: claimValidationRules.map(({ claim, requiredValue = '', expression, message = '' }, index): Rule => {
      if (!claim && !expression) complain(`claimValidationRules[${index}]`, 'Required value: claim or expression is required');
      if (claim && expression) complain(`claimValidationRules[${index}]`, `Invalid value: ${JSON.stringify(claim)}: claim and expression can't both be set`);
      return expression ? { expression: claims(`claimValidationRules[${index}].expression`, expression, [BOOL]), message } : { claim: claim ?? '', requiredValue };
    }),
    username: named ?? { claim: '', prefix: '' },
    ...(grouped ? { groups: grouped } : {}),
    ...(identified ? { uid: identified } : {}),
    extra: extra.map(({ key, valueExpression }, index) => {
      for (const why of keyProblems(key)) complain(`claimMappings.extra[${index}].key`, why);
      if (extra.findIndex((other) => other.key === key) < index) complain(`claimMappings.extra[${index}].key`, `Duplicate value: ${JSON.stringify(key)}`);
      return { key, expression: claims(`claimMappings.extra[${index}].valueExpression`, valueExpression, TEXTS) };
    }),
    userRules: userValidationRules.map(({ expression, message = '' }, index) => ({ expression: program(`userValidationRules[${index}].expression`, expression, { variables: USER, returns: [BOOL] }), message })),
  };
}

/** `example.com/tenant`: what Kubernetes says of its own callers is not for issuers to say. */
function keyProblems(key: string): readonly string[] {
  const [domain = '', ...path] = key.split('/');
  if (key === '') return ['Required value'];
  const bad = (why: string) => `Invalid value: ${JSON.stringify(key)}: ${why}`;
  if (path.length === 0 || domain === '' || path.join('/') === '') return [bad('must be a domain-prefixed path (such as "acme.io/foo")')];
  const problems = [...dnsSubdomainProblems(domain)].map((why) => `Invalid value: ${JSON.stringify(domain)}: ${why}`);
  if (key !== key.toLowerCase()) problems.push(bad('must be lowercase'));
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(domain)) problems.push(bad('k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
  return problems;
}

/** Stands for an expression that is refused: its configuration never comes to be. */
const NOTHING: Program = { source: '', type: NULL, cost: { least: 0, most: 0 } as unknown as Program['cost'], uses: () => false, evaluate: () => ({ ok: true, value: null, cost: 0 }) };

function checkIssuer({ url, discoveryURL, audiences = [], audienceMatchPolicy = '' }: Said['issuer'], complain: (field: string, text: string) => void): void {
  const checkUrl = (field: string, text: string): void => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    const bad = (why: string) => complain(field, `Invalid value: ${JSON.stringify(text)}: ${why}`);
    if (parsed?.protocol !== 'https:') bad('URL scheme must be https');
    else if (parsed.username || parsed.password) bad('URL must not contain a username or password');
    else if (parsed.search) bad('URL must not contain a query');
    else if (parsed.hash) bad('URL must not contain a fragment');
  };
  if (url === '') complain('issuer.url', 'Required value: URL is required');
  else checkUrl('issuer.url', url);
  if (discoveryURL) {
    if (discoveryURL.replace(/\/$/, '') === url.replace(/\/$/, '')) complain('issuer.discoveryURL', `Invalid value: ${JSON.stringify(discoveryURL)}: discoveryURL must be different from URL`);
    else checkUrl('issuer.discoveryURL', discoveryURL);
  }
  if (audiences.length === 0) complain('issuer.audiences', 'Required value: at least one audience is required');
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny') complain('issuer.audienceMatchPolicy', `Invalid value: ${JSON.stringify(audienceMatchPolicy)}: audienceMatchPolicy must be MatchAny for multiple audiences`);
}
