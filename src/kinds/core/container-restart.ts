/** Whether a container that has ended begins again: its own rules first (KEP-5307), then its own policy, then its pod's. */
import type { Container } from './container.ts';

export type Restartable = Pick<Container, 'restartPolicy' | 'restartPolicyRules'>;

interface Pod {
  readonly restartPolicy?: string;
  readonly containers: readonly Restartable[];
  readonly initContainers?: readonly Restartable[];
}

/** The first of its rules that speaks of this exit code. */
export const ruleFor = ({ restartPolicyRules = [] }: Restartable, exitCode: number) => restartPolicyRules.find(({ exitCodes }) => {
  const listed = exitCodes?.values?.includes(exitCode) === true;
  return exitCodes !== undefined && (exitCodes.operator === 'In' ? listed : !listed);
});

export const restartPolicyOf = ({ restartPolicy }: Pick<Pod, 'restartPolicy'>, container: Restartable): string => container.restartPolicy ?? restartPolicy ?? 'Always';

export function restartsAfter(spec: Pick<Pod, 'restartPolicy'>, container: Restartable, exitCode: number): boolean {
  if (ruleFor(container, exitCode)) return true;
  const policy = restartPolicyOf(spec, container);
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Whether the end of one container may ever begin all of them anew (KEP-5532). */
export const mayRestartAll = ({ containers, initContainers = [] }: Pod): boolean =>
  [...initContainers, ...containers].some(({ restartPolicyRules = [] }) => restartPolicyRules.some(({ action }) => action === 'RestartAllContainers'));
