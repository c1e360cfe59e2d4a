/** Which Pod Security Standards a namespace asks for by its labels (https://kubernetes.io/docs/concepts/security/pod-security-admission/). */
import { invalid, type FieldError, FieldPath } from '../../meta/field-error.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
/** From what is allowed everything to what is allowed least. */
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** A standard as it was in Kubernetes 1.`version`, or as it is now. */
export interface Standard {
  readonly level: Level;
  readonly version: number | 'latest';
}

export const MODES = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof MODES)[number];
export type Policy = Readonly<Record<Mode, Standard>>;

export const standardText = ({ level, version }: Standard): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`;

export const sameStandard = (a: Standard, b: Standard): boolean => a.level === b.level && a.version === b.version;

export const isStricter = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b);

const LABELS = FieldPath.of('metadata.labels');
const PREFIX = 'pod-security.kubernetes.io/';

/** A label that says nothing known enforces the strictest standard, and neither audits nor warns. */
export function policyOf(labels: Readonly<Record<string, string>>, defaults: Policy): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const standard = (mode: Mode): Standard => {
    const [level, version] = [labels[PREFIX + mode], labels[`${PREFIX}${mode}-version`]];
    const parsed = level === undefined ? defaults[mode].level : parseLevel(level);
    if (parsed === undefined) errors.push(invalid(LABELS.key(PREFIX + mode), level, `must be one of ${LEVELS.join(', ')}`));
    const since = version === undefined ? defaults[mode].version : parseVersion(version);
    if (since === undefined) errors.push(invalid(LABELS.key(`${PREFIX}${mode}-version`), version, 'must be "latest" or "v1.x"'));
    return { level: parsed ?? (mode === 'enforce' ? 'restricted' : 'privileged'), version: since ?? 'latest' };
  };
  return { policy: { enforce: standard('enforce'), audit: standard('audit'), warn: standard('warn') }, errors };
}

export const parseLevel = (text: string): Level | undefined => LEVELS.find((level) => level === text);

export function parseVersion(text: string): Standard['version'] | undefined {
  if (text === 'latest') return text;
  const minor = /^v1\.(0|[1-9]\d*)$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
