import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { ValidatingAdmissionPolicy } from '../../kinds/admissionregistration/validating-admission-policy.ts';
import { writeStatus } from '../pod-control.ts';
import { defineController } from '../runtime/index.ts';
import { typeWarnings } from './plan.ts';
import { typedKinds } from './types.ts';

/** Holds each generation of a policy's expressions against the types it names, and tells in its status what does not fit. */
export const validatingAdmissionPolicyStatusController = defineController({
  name: 'validatingadmissionpolicy-status',
  component: 'validatingadmissionpolicy-status-controller',
  for: ValidatingAdmissionPolicy,
  reads: [CustomResourceDefinition],

  async reconcile(policy, context) {
    const generation = policy.metadata.generation ?? 0;
    if (generation <= (policy.status.observedGeneration ?? 0)) return;
    const warnings = typeWarnings(policy, typedKinds(context.cache.list(CustomResourceDefinition)));
    const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
    await writeStatus(context, ValidatingAdmissionPolicy, policy, { ...policy.status, observedGeneration: generation, typeChecking });
  },
});
