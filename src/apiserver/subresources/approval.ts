import type { AnyObject } from '../../meta/object.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

type Conditions = { readonly conditions?: readonly { readonly type: string }[] };

/** Approves or denies a certificate signing request: its conditions, and nothing of the certificate. */
export const approval: Subresource = partOf((request, proposed): AnyObject => ({
  ...request,
  status: { ...(request['status'] as object), conditions: (proposed['status'] as Conditions | undefined)?.conditions ?? [] },
}));
