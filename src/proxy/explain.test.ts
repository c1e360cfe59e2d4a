import { expect, test } from 'vitest';
import { explainPath, explainRules } from './explain.ts';
import { planRuleset } from './ruleset.ts';
import { endpoint, service, slice } from './testing/objects.ts';

const FACTS = { family: 'ipv4', clusterCidr: '10.0.0.0/8', masqueradeAll: false, nodePortAddresses: [] } as const;
const plan = (spec: Parameters<typeof service>[0], endpoints: Parameters<typeof slice>[0]) => planRuleset([service(spec)], [slice(endpoints)], { name: 'here' })[0]!;

test('the path says where packets go, from whom, and as whom', () => {
  const port = plan({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30080 }] }, [endpoint('10.0.0.1', 'here'), endpoint('10.0.0.2')]);
  expect(explainPath(port, FACTS)).toEqual([
    'ns1/svc1:p80, TCP 80 (ipv4)',
    '  to 172.30.0.41:80, the ClusterIP:',
    '    goes to one of 10.0.0.1:80 (here), 10.0.0.2:80, each as likely',
    '    from other than pods (10.0.0.0/8) the sender becomes this node, or answers would not come back this way',
    '  to any address of the node, port 30080, the node port:',
    '    goes to 10.0.0.1:80 (here)',
    '    from pods and from the node itself: 10.0.0.1:80 (here), 10.0.0.2:80',
    '  an endpoint that reaches itself this way sees the node as the sender',
  ]);
});

test('without endpoints it says why nothing comes of it', () => {
  expect(explainPath(plan({}, []), FACTS)).toContain('    refused: there are no endpoints');
  expect(explainPath(plan({ internalTrafficPolicy: 'Local' }, [endpoint('10.0.0.2')]), FACTS)).toContain('    dropped: the policy is Local, and this node has no endpoint');
});

test('the rules are those of the backend', () => {
  const port = plan({}, [endpoint('10.0.0.1')]);
  expect(explainRules(port, FACTS, 'nftables')).toContain('add element ip knarr-proxy service-ips { 172.30.0.41 . tcp . 80 : goto internal-tcp-1 }');
  expect(explainRules(port, FACTS, 'iptables').some((rule) => rule.startsWith('-t nat -A KUBE-SERVICES') && rule.includes('172.30.0.41'))).toBe(true);
  expect(explainRules(port, FACTS, 'ipvs')).toEqual([
    'ipset add KUBE-IPVS-IPS 172.30.0.41', 'ipset add KUBE-CLUSTER-IP 172.30.0.41,tcp:80',
    'ipvsadm -A -t 172.30.0.41:80 -s rr', 'ipvsadm -a -t 172.30.0.41:80 -r 10.0.0.1:80 -m -w 1', 'ip address add 172.30.0.41/32 dev kube-ipvs0',
  ]);
});
