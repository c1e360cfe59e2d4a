import { bytes, int32, object, part, string, type TypeOf } from '../../schema/field.ts';

export const serviceReference = part(() =>
  object('api.admissionregistration.v1.ServiceReference', {
    namespace: string().required().tag(1).describe('The service\'s namespace.'),
    name: string().required().tag(2).describe('The service\'s name.'),
    path: string().pointer().tag(3).describe('The path called on it.'),
    port: int32().pointer().default(443).tag(4).describe('The service\'s port.'),
  }));
export type ServiceReference = TypeOf<ReturnType<typeof serviceReference>>;

export const webhookClientConfig = part(() =>
  object('api.admissionregistration.v1.WebhookClientConfig', {
    service: serviceReference().tag(1).describe('The service that answers; or use url.'),
    caBundle: bytes().tag(2).describe('Certificates, as PEM in base64, that vouch for it; the system\'s where nothing is said.'),
    url: string().pointer().tag(3).describe('The address that answers, as https://HOST[:PORT]/PATH; or use service.'),
  }));
export type WebhookClientConfig = TypeOf<ReturnType<typeof webhookClientConfig>>;
