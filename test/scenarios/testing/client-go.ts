/** Programs on client-go, built from Debian's packages alone: Go's compiler, and the source package of kubernetes 1.20. */
import { access, cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './run.ts';

const exists = (file: string): Promise<boolean> => access(file).then(() => true, () => false);

/** What of the source package a program on client-go is compiled from: 60 MB of 280. */
const PARTS = ['vendor', 'staging/src/k8s.io/api', 'staging/src/k8s.io/apimachinery', 'staging/src/k8s.io/client-go'];

/** In seconds. Two minutes of compiling are much more where others have the processors. */
const PATIENCE = { fetch: 90, compile: 300 } as const;

/** Compiles one file. Whatever was fetched and compiled stays for the next time. @throws where the packages cannot be had, or not in time */
export async function buildClientGo(source: string): Promise<string> {
  const home = join(tmpdir(), 'knarr-client-go');
  await mkdir(home, { recursive: true });
  const [go, tree] = await Promise.all([once(join(home, 'go'), fetchGo), once(join(home, 'tree'), fetchTree)]);
  // As a command of that tree: it compiles with what is vendored there, and asks no network.
  const root = join(tree, 'src', 'k8s.io', 'kubernetes');
  const program = join(root, 'cmd', 'program');
  await mkdir(program, { recursive: true });
  await cp(source, join(program, 'main.go'));
  const root119 = join(go, 'usr', 'lib', 'go-1.19');
  const env = { GOROOT: root119, GOPATH: tree, GO111MODULE: 'off', GOCACHE: join(home, 'cache'), GOFLAGS: '', CGO_ENABLED: '0', HOME: home };
  const file = join(home, 'program');
  await must('sh', ['-c', `cd ${program} && exec timeout ${PATIENCE.compile} nice -n 5 ${root119}/bin/go build -p ${cpus().length} -ldflags '-s -w' -o ${file} .`], { env });
  return file;
}

/** Made in a directory beside it and renamed when whole: what another try left half done is not taken for it. */
async function once(directory: string, fill: (draft: string) => Promise<void>): Promise<string> {
  if (await exists(directory)) return directory;
  const draft = await mkdtemp(`${directory}-`);
  try {
    await fill(draft);
    await rename(draft, directory).catch(() => {});
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return directory;
}

/** Unpacked beside the system, so that nothing there is replaced. */
async function fetchGo(draft: string): Promise<void> {
  const download = `cd ${draft} && timeout ${PATIENCE.fetch} apt-get download golang-1.19-go golang-1.19-src`;
  if ((await run('sh', ['-c', download])).code !== 0) await must('sh', ['-c', `apt-get update && ${download}`]);
  await must('sh', ['-c', `cd ${draft} && for one in *.deb; do dpkg -x "$one" . && rm "$one"; done`]);
}

/** By lists of its own: a machine that installs binaries need not know sources. */
async function fetchTree(draft: string): Promise<void> {
  const apt = join(draft, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await writeFile(join(apt, 'sources.list'), 'deb-src http://deb.debian.org/debian bookworm main\n');
  const options = `-o Dir::Etc::SourceList=${apt}/sources.list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=${apt}/lists -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=`;
  await must('sh', ['-c', `cd ${apt} && timeout ${PATIENCE.fetch} apt-get ${options} update && timeout ${PATIENCE.fetch} apt-get ${options} source --download-only kubernetes`]);
  const root = join(draft, 'src', 'k8s.io', 'kubernetes');
  await mkdir(root, { recursive: true });
  await must('sh', ['-c', `tar -xzf ${apt}/kubernetes_*.orig.tar.gz -C ${root} --strip-components=1 --wildcards ${PARTS.map((part) => `'*/${part}'`).join(' ')} && rm -rf ${apt}`]);
}
