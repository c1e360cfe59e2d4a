import { expect, test } from 'vitest';
import { parseRequestInfo } from './request-info.ts';

const about = (method: string, url: string) => {
  const { verb, group, version, namespace, resource, subresource, name, rest } = parseRequestInfo(method, url);
  return [verb, group, version, namespace, resource, subresource, name, rest].join('|');
};

test.each([
  ['GET', '/api/v1/pods', 'list||v1||pods|||'],
  ['GET', '/api/v1/pods?watch=1', 'watch||v1||pods|||'],
  ['GET', '/api/v1/pods?watch=false', 'list||v1||pods|||'],
  ['GET', '/api/v1/watch/pods', 'watch||v1||pods|||'],
  ['GET', '/api/v1/watch/namespaces/a/pods/b', 'watch||v1|a|pods||b|'],
  ['GET', '/api/v1/namespaces', 'list||v1||namespaces|||'],
  ['GET', '/api/v1/namespaces/a', 'get||v1|a|namespaces||a|'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update||v1|a|namespaces|finalize|a|'],
  ['POST', '/apis/apps/v1/namespaces/a/deployments', 'create|apps|v1|a|deployments|||'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b/scale', 'patch|apps|v1|a|deployments|scale|b|'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection||v1|a|pods|||'],
  ['DELETE', '/api/v1/namespaces/a/pods/b', 'delete||v1|a|pods||b|'],
  ['GET', '/api/v1/namespaces/a/services/http:b:80/proxy/x/y?z=1', 'get||v1|a|services|proxy|http:b:80|/x/y'],
  ['GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dn1', 'list||v1||nodes||n1|'],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode', 'get|rbac.authorization.k8s.io|v1||clusterroles||system:node|'],
])('%s %s is read as %s', (method, url, expected) => {
  expect(about(method, url)).toBe(expected);
});

test.each(['/', '/api', '/api/v1', '/apis/apps', '/apis/apps/v1', '/apis/apps/v1/', '/healthz', '/openapi/v3/apis/apps/v1'])(
  '%s is no resource', (url) => {
    expect(parseRequestInfo('GET', url)).toMatchObject({ isResource: false, verb: 'get', path: url });
  });
