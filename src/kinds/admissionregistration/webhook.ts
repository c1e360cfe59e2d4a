import { bytes, int32, object, part, string, type TypeOf } from '../../schema/field.ts';

export const serviceReference = part(() =>
  object('api.admissionregistration.v1.ServiceReference', {
    namespace: string().required().tag(1),
    name: string().required().tag(2),
    path: string().pointer().tag(3),
    port: int32().pointer().default(443).tag(4),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const webhookClientConfig = part(() =>
  object('api.admissionregistration.v1.WebhookClientConfig', {
    service: serviceReference().tag(1),
    caBundle: bytes().tag(2),
    url: string().pointer().tag(3),
  }));
export type WebhookClientConfig = TypeOf<ReturnType<typeof webhookClientConfig>>;
