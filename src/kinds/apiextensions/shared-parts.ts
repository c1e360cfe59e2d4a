import { deepEqual } from '../../base/deep-equal.ts';
import type { CustomResourceColumnDefinition, CustomResourceDefinitionVersion, CustomResourceSubresources, CustomResourceValidation, SelectableField } from './custom-resource-definition.ts';

/** What all versions of a definition have in common, each part undefined where they differ or have none. */
export interface Shared {
  readonly schema: CustomResourceValidation | undefined;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly columns: readonly CustomResourceColumnDefinition[] | undefined;
  readonly selectable: readonly SelectableField[] | undefined;
  /** Whether any version has a status of its own. */
  readonly hasStatus: boolean;
}

export function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): Shared {
  const shared = <K extends keyof CustomResourceDefinitionVersion>(part: K): CustomResourceDefinitionVersion[K] | undefined =>
    versions.every((version) => deepEqual(version[part], versions[0]![part])) ? versions[0]?.[part] : undefined;
  return {
    schema: shared('schema'), subresources: shared('subresources'), columns: shared('additionalPrinterColumns'), selectable: shared('selectableFields'),
    hasStatus: versions.some(({ subresources }) => subresources?.status !== undefined),
  };
}
