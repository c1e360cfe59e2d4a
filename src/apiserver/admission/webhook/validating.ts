import type { AdmissionPlugin } from '../admission.ts';
import { consult } from './call.ts';
import { hooksOf } from './hooks.ts';
import { isExempt } from './rules.ts';
import { type Invocation, invocationOf } from './select.ts';

/** Asks the validating webhooks, all at once. */
export const validatingWebhooks: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  on: { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], subresources: ['*'] },
  idle: (core) => hooksOf(core, 'validating').length === 0,

  async validate(attributes, core) {
    if (isExempt(attributes)) return undefined;
    const due: Invocation[] = [];
    for (const hook of hooksOf(core, 'validating')) {
      const invocation = await invocationOf(core, hook, attributes);
      if (invocation) due.push(invocation);
    }
    const answers = await Promise.allSettled(due.map((invocation, index) => consult(core, invocation, { attributes, place: `round_0_index_${index}`, use: () => undefined })));
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    return undefined;
  },
};
