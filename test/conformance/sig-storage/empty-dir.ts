import { test, type TestCase } from '../framework/test-case.ts';

const MEDIA = { default: {}, tmpfs: { medium: 'Memory' } } as const;
type Medium = keyof typeof MEDIA;

/** The file system the mount table names for the volume. */
const FS_TYPE = "awk '$2 == \"/data\" { print $3 }' /proc/mounts";

function withMode(user: 'root' | 'non-root', mode: string, medium: Medium): TestCase {
  const musts = [`a file of mode ${mode} has it, on the medium asked for`, 'its content is readable'];
  return test(`[sig-storage] EmptyDir volumes should support (${user},${mode},${medium}) [LinuxOnly] [NodeConformance] [Conformance]`, { musts }, async (t) => {
    const log = await t.pods.output({
      sh: `echo hello > /data/file && chmod ${mode} /data/file && stat -c 'mode=%a' /data/file && ${FS_TYPE} && cat /data/file`,
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      spec: {
        volumes: [{ name: 'data', emptyDir: MEDIA[medium] }],
        ...(user === 'non-root' && { securityContext: { runAsUser: 1001 } }),
      },
    });
    const [stat, fs] = log.split('\n');
    t.must(musts[0]!, stat === `mode=${mode.slice(1)}` && (medium !== 'tmpfs' || fs === 'tmpfs'), log);
    t.must(musts[1]!, log.endsWith('hello\n'), log);
  });
}

function directoryMode(title: string, medium: Medium): TestCase {
  const must = 'the volume has mode -rwxrwxrwx, on the medium asked for';
  return test(`[sig-storage] EmptyDir volumes volume on ${title} should have the correct mode [LinuxOnly] [NodeConformance] [Conformance]`, { musts: [must] }, async (t) => {
    const log = await t.pods.output({
      sh: `stat -c 'mode=%a' /data && ${FS_TYPE}`,
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      spec: { volumes: [{ name: 'data', emptyDir: MEDIA[medium] }] },
    });
    // Beside the permissions a file system in memory has the sticky bit: its own default.
    t.must(must, /^mode=1?777\n/.test(log) && (medium !== 'tmpfs' || log.includes('tmpfs')), log);
  });
}

const shared = test('[sig-storage] EmptyDir volumes pod should support shared volumes between containers [Conformance]',
  { musts: ['one container reads what the other wrote'] }, async (t) => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const pod = await t.pods.running({
      spec: {
        volumes: [{ name: 'data', emptyDir: {} }],
        containers: [
          t.pods.container('main', 'until [ -f /data/file ]; do sleep 1; done; sleep 3600', { volumeMounts }),
          t.pods.container('sub', 'echo from the other > /data/file; sleep 3600', { volumeMounts }),
        ],
      },
    });
    const text = await t.eventually('the file is there', async () => {
      const { stdout, code } = await t.pods.exec(pod.metadata.name, ['cat', '/data/file'], 'main');
      return code === 0 && stdout;
    });
    t.must('one container reads what the other wrote', text === 'from the other\n', text);
  });

export const emptyDirVolumes: readonly TestCase[] = [
  ...(['root', 'non-root'] as const).flatMap((user) =>
    ['0644', '0666', '0777'].flatMap((mode) => (['default', 'tmpfs'] as const).map((medium) => withMode(user, mode, medium)))),
  directoryMode('default medium', 'default'),
  directoryMode('tmpfs', 'tmpfs'),
  shared,
];
