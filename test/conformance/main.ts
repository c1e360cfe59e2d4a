/**
 * Our conformance suite: runs against whatever cluster a kubeconfig names.
 *     node dist/conformance.js [--kubeconfig FILE] [--focus RE] [--parallel N] [--image IMAGE] [--server-image IMAGE] [--kubectl PATH] [--list]
 *     node dist/conformance.js --save-image FILE    then `knarr image load FILE`: the servers that webhooks and aggregation need
 * Exit code 0 when no test failed.
 */
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createClient } from '../../src/client/index.ts';
import { connect } from '../../src/wire/node/http-client.ts';
import { ociArchive } from '../../src/wire/oci.ts';
import { SERVER_IMAGE, serverImage } from '../images/server-image.ts';
import { catalogue } from './catalogue.ts';
import { readKubeconfig } from './framework/kubeconfig.ts';
import { report } from './framework/report.ts';
import { run, type Outcome } from './framework/runner.ts';
import { tests } from './tests.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? join(homedir(), '.knarr', 'admin.kubeconfig') },
    focus: { type: 'string', default: '' },
    parallel: { type: 'string', default: '4' },
    image: { type: 'string', default: 'knarr.local/busybox:1' },
    'server-image': { type: 'string', default: SERVER_IMAGE },
    'save-image': { type: 'string' },
    kubectl: { type: 'string', default: 'kubectl' },
    list: { type: 'boolean', default: false },
  },
});

const focus = new RegExp(values.focus);
const entries = catalogue.filter(({ codename }) => focus.test(codename));
const chosen = tests.filter(({ codename }) => focus.test(codename));

if (values['save-image'] !== undefined) await writeFile(values['save-image'], await ociArchive([await serverImage(fileURLToPath(new URL('test-server.js', import.meta.url)))]));
else if (values.list) for (const { codename } of chosen) console.log(codename);
else process.exitCode = await main();

async function main(): Promise<number> {
  const access = await readKubeconfig(values.kubeconfig);
  await using transport = connect({ ...access, userAgent: 'knarr-conformance' });
  const client = createClient(transport);
  const { kubectl, image, 'server-image': serverImageName, kubeconfig } = values;
  const shared = { client, access, clock: systemClock, random: systemRandom, image, serverImage: serverImageName, kubectl, kubeconfig };
  const outcomes = await run(chosen, { shared, parallel: Number(values.parallel), onOutcome: announce });
  console.log(`\n${report(entries, tests, outcomes)}`);
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
}

function announce({ codename, passed, seconds, why }: Outcome): void {
  console.log(`${passed ? 'pass' : 'FAIL'} ${seconds.toFixed(1).padStart(6)} s  ${codename}${why ? `\n       ${why.split('\n')[0]}` : ''}`);
}
