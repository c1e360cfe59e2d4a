/** Which taints a pod puts up with (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/). */

/** The parts of a Taint that tolerations look at. */
export interface TaintLike {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** The parts of a Toleration that decide; absent fields match anything, but for `operator`, which is then Equal. */
export interface TolerationLike {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export function tolerates(toleration: TolerationLike, taint: TaintLike): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Gt':
      return bothIntegers(toleration, taint) && BigInt(taint.value!) > BigInt(toleration.value!);
    case 'Lt':
      return bothIntegers(toleration, taint) && BigInt(taint.value!) < BigInt(toleration.value!);
    default:
      return false;
  }
}

const INTEGER = /^-?\d+$/;
const bothIntegers = (one: TolerationLike, other: TaintLike): boolean =>
  INTEGER.test(one.value ?? '') && INTEGER.test(other.value ?? '');

/** The taints of these effects that no toleration covers, in the node's order. */
export function untolerated<T extends TaintLike>(
  tolerations: readonly TolerationLike[] | undefined,
  taints: readonly T[] | undefined,
  effects: readonly string[],
): readonly T[] {
  if (!taints || taints.length === 0) return [];
  return taints.filter((taint) => effects.includes(taint.effect) && !tolerations?.some((one) => tolerates(one, taint)));
}
