import { Refusal, type ProxyRulesRequest, type Terminal } from '../../cli/index.ts';
import { createClient, type Client } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { explainPath, explainRules, nodeOf, planRuleset, type ProxyMode } from '../../proxy/index.ts';
import { connect } from '../../wire/node/http-client.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { machineExec } from '../machine/exec.ts';
import { enterNode } from '../node/place.ts';
import { requirePair } from '../pki/ensure.ts';
import { readSettings, type NodePlace, type Settings } from '../settings.ts';
import { ask } from '../supervisor/control.ts';

/** Says which way packets to a Service take on a node, from what the API server holds. */
export async function proxyRules(request: ProxyRulesRequest, terminal: Terminal): Promise<void> {
  const layout = layoutOf(request.dataDir);
  const settings = await readSettings(layout);
  if (!settings || !(await ask(request.dataDir, 'state'))) throw new Refusal(`no cluster runs on ${request.dataDir}`, 'start one with: knarr up');
  const place = placeOf(settings, request.node);
  const [ca, admin] = await Promise.all(['ca', 'admin'].map((name) => requirePair(layout, name)));
  await using transport = connect({ url: `https://127.0.0.1:${settings.port}`, ca: ca!.cert, ...admin! });
  const ports = await portsOf(createClient(transport), request, place.name);
  const wanted = ports.filter(({ port, id }) => request.port === undefined || String(port) === request.port || id.endsWith(`:${request.port}`));
  if (wanted.length === 0) throw new Refusal(ports.length === 0 ? `${request.service} has no address for a proxy to serve: it is headless, external or another proxy's` : `${request.service} has no port ${request.port}`);
  const mode = await modeOf(layout, settings, place);
  const clusterCidr = settings.podCidr;
  terminal.out(`on ${place.name}, by ${mode}:`);
  for (const port of wanted) {
    for (const line of explainPath(port, { clusterCidr, masqueradeAll: false })) terminal.out(line);
    terminal.out('  in rules:');
    const facts = { family: port.family, masqueradeAll: false, nodePortAddresses: [], ...(port.family === 'ipv4' ? { clusterCidr } : {}) };
    for (const line of explainRules(port, facts, mode)) terminal.out(`    ${line}`);
  }
}

function placeOf({ nodes }: Settings, name: string | undefined): NodePlace {
  const place = name === undefined ? nodes[0] : nodes.find((node) => node.name === name);
  if (place) return place;
  throw new Refusal(name === undefined ? 'this cluster has only simulated nodes, and nothing reaches their pods' : `there is no node ${name}`);
}

async function portsOf(client: Client, { service, namespace }: ProxyRulesRequest, nodeName: string) {
  const object = await client.get(Service, service, { namespace }).catch((error: unknown) => {
    if (isApiError(error, 'NotFound')) throw new Refusal(`there is no service ${service} in namespace ${namespace}`);
    throw error;
  });
  const [slices, node] = await Promise.all([
    client.list(EndpointSlice, { namespace, labelSelector: `kubernetes.io/service-name=${service}` }), client.get(Node, nodeName),
  ]);
  return planRuleset([object], slices.items, nodeOf(node));
}

/** What was asked for; unasked, what is in the node's kernel. */
async function modeOf(layout: Layout, settings: Settings, place: NodePlace): Promise<ProxyMode> {
  if (settings.proxy === 'none') throw new Refusal('this cluster\'s Services are somebody else\'s work: it was started with --proxy none');
  if (settings.proxy !== undefined) return settings.proxy;
  const [command, ...args] = [...enterNode(layout, settings, place), 'nft', 'list', 'tables', 'ip'];
  return (await machineExec.run(command!, args)).stdout.includes('knarr-proxy') ? 'nftables' : 'iptables';
}
