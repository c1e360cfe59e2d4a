import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { Refusal, type CertificateReport, type ClusterRef, type Terminal } from '../../cli/index.ts';
import { renewCredentials, wantedLeaves } from '../credentials.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { ISSUERS, isWhole, readPair } from '../pki/ensure.ts';
import { reportOn } from '../pki/report.ts';
import { readSettings, type Settings } from '../settings.ts';
import { ask } from '../supervisor/control.ts';

export async function checkCertificates({ dataDir }: ClusterRef): Promise<readonly CertificateReport[]> {
  const { layout, settings } = await clusterIn(dataDir);
  return reportOn(layout, wantedLeaves(settings), systemClock.now());
}

/** One certificate by its name, or all of them; the authorities stay. @throws Refusal */
export async function renewCertificates({ dataDir, name }: ClusterRef & { readonly name: string }, terminal: Terminal): Promise<void> {
  const { layout, settings } = await clusterIn(dataDir);
  const leaves = wantedLeaves(settings);
  const specs = name === 'all' ? leaves : leaves.filter((leaf) => leaf.name === name);
  if (ISSUERS.some((issuer) => issuer === name)) throw new Refusal(`${name} is an authority: it is renewed by itself, with its key, years before it ends`);
  if (specs.length === 0) throw new Refusal(`there is no certificate ${name}`, `there are: ${leaves.map((leaf) => leaf.name).join(', ')}`);
  for (const issuer of new Set(specs.map((spec) => spec.issuer))) {
    const pair = await readPair(layout, issuer);
    if (!pair || !isWhole(pair)) throw new Refusal(`the authority ${issuer} in ${layout.pki} has no certificate, or not its key`, 'nothing was renewed');
  }
  await renewCredentials(layout, settings, { specs, clock: systemClock, random: systemRandom });
  for (const spec of specs) terminal.out(`${spec.name} renewed`);
  if (await ask(dataDir, 'state')) terminal.err('running processes take them within a minute, without a restart');
}

async function clusterIn(dataDir: string): Promise<{ readonly layout: Layout; readonly settings: Settings }> {
  const layout = layoutOf(dataDir);
  const settings = await readSettings(layout);
  if (!settings) throw new Refusal(`there is no cluster in ${dataDir}`, 'make one with: knarr up');
  return { layout, settings };
}
