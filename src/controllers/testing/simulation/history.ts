import type { Informers } from '../../../client/index.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { groupResource, type Resource } from '../../../meta/resource.ts';

/** What became of one object at one revision. */
export interface Moment {
  readonly revision: number;
  readonly resource: string;
  readonly object: KubeObject | undefined;
  readonly before: KubeObject | undefined;
}

/** Everything that happened to some resources, in the order of revisions, whatever order the watches tell it in. */
export class History {
  readonly #heard: Moment[] = [];

  constructor(informers: Informers, resources: readonly Resource[]) {
    for (const resource of resources) {
      const hear = (object: KubeObject | undefined, before?: KubeObject) =>
        this.#heard.push({
          revision: Number((object ?? before!).metadata.resourceVersion), resource: groupResource(resource),
          object, before,
        });
      informers.for<Resource>(resource).addHandler({ onAdd: (object) => hear(object), onUpdate: (object, old) => hear(object, old), onDelete: (object) => hear(undefined, object) });
    }
  }

  /** What was heard since the last time this was asked. */
  take(): readonly Moment[] {
    return this.#heard.splice(0).sort((a, b) => a.revision - b.revision);
  }
}
