/**
 * `knarr/operator`: controllers for one's own kinds, on the very runtime that knarr's own use.
 *
 *     const Widget = defineKind({ …, spec: object('WidgetSpec', { size: int32().min(1).required() }) });
 *     const widgets = defineController({ name: 'widget', for: Widget, owns: [Deployment], reconcile: async (widget, { cache, client }) => { … } });
 *     const webhooks = { name, namespace, hooks: [validating(Widget, function* ({ spec }, { old }) { … yield 'widgets do not shrink'; })] };
 *     await using operator = await startOperator({ client, controllers: [widgets], webhooks, leaderElection: { namespace, name } });
 *
 * In: declarations of kinds and controllers, a client. Out: loops at work, CustomResourceDefinitions as YAML, webhooks.
 * Must not know: the server, how the cluster is made.
 */
export * from '../../controllers/runtime/index.ts';
export { defineKind, type Kind } from '../../schema/kind.ts';
export * as schema from '../../schema/field.ts';
export { withCondition, type Condition } from './conditions.ts';
export { definitionOf, definitionYaml, type DefinitionOptions, type PrinterColumn, type Rule } from './custom-resource-definition.ts';
export { finalized, type Finalized } from './finalized.ts';
export { FieldPath, forbidden, invalid, notSupported, required, type FieldError } from '../../meta/field-error.ts';
export { converting, defaulting, validating, type Complaints, type HookOptions, type Review, type Spoke, type Webhook } from './webhooks/declare.ts';
export type { WebhookOptions } from './webhooks/start-webhooks.ts';
export { startOperator, type Operator, type OperatorOptions } from './start-operator.ts';
