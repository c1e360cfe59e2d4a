import { expect, test } from 'vitest';
import { readCorefile } from './corefile.ts';

test('upstreams, stub domains and hosts are read from a Corefile as Kubernetes\' documentation has them', () => {
  const config = readCorefile(`
# the cluster's own
.:53 {
    errors
    health {
        lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    hosts {
        192.0.2.7 git.example.org wiki.example.org
        fallthrough
    }
    forward . 172.16.0.1 {
        max_concurrent 1000
    }
    cache 30
}
consul.local:53 Other.Example. {
    forward . 10.150.0.1:5353 fd00::1
    rewrite name a b
}`);
  expect(config).toEqual({
    forwards: [
      { zone: '.', to: ['172.16.0.1:53'] },
      { zone: 'consul.local', to: ['10.150.0.1:5353', '[fd00::1]:53'] }, { zone: 'other.example', to: ['10.150.0.1:5353', '[fd00::1]:53'] },
    ],
    hosts: new Map([['git.example.org', ['192.0.2.7']], ['wiki.example.org', ['192.0.2.7']]]),
    ttlSeconds: 30,
    warnings: ['consul.local:53 Other.Example.: "rewrite" is not known here'],
  });
});

test('nonsense is no error', () => {
  expect(readCorefile('{ } } x {\n forward')).toMatchObject({ hosts: new Map() });
  expect(readCorefile('')).toEqual({ forwards: [], hosts: new Map(), warnings: [] });
});
