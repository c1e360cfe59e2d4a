import { int32, int64, intOrString, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const execAction = part(() =>
  object('api.core.v1.ExecAction', {
    command: list(string()).tag(1),
  }));
export type ExecAction = TypeOf<ReturnType<typeof execAction>>;

export const grpcAction = part(() =>
  object('api.core.v1.GRPCAction', {
    port: int32().required().tag(1),
    service: string().pointer().default('').tag(2),
  }));
export type GRPCAction = TypeOf<ReturnType<typeof grpcAction>>;

export const httpGetAction = part(() =>
  object('api.core.v1.HTTPGetAction', {
    path: string().default('/').tag(1),
    port: intOrString().required().tag(2),
    host: string().tag(3),
    scheme: string().default('HTTP').among('HTTP', 'HTTPS').tag(4),
    httpHeaders: list(httpHeader()).tag(5),
  }));
export type HTTPGetAction = TypeOf<ReturnType<typeof httpGetAction>>;

export const httpHeader = part(() =>
  object('api.core.v1.HTTPHeader', {
    name: string().required().tag(1),
    value: string().required().tag(2),
  }));
export type HTTPHeader = TypeOf<ReturnType<typeof httpHeader>>;

export const lifecycle = part(() =>
  object('api.core.v1.Lifecycle', {
    postStart: lifecycleHandler().tag(1),
    preStop: lifecycleHandler().tag(2),
    stopSignal: string().pointer().tag(3),
  }));
export type Lifecycle = TypeOf<ReturnType<typeof lifecycle>>;

export const lifecycleHandler = part(() =>
  object('api.core.v1.LifecycleHandler', {
    exec: execAction().tag(1),
    httpGet: httpGetAction().tag(2),
    tcpSocket: tcpSocketAction().tag(3),
    sleep: sleepAction().tag(4),
  }));
export type LifecycleHandler = TypeOf<ReturnType<typeof lifecycleHandler>>;

export const probe = part(() =>
  object('api.core.v1.Probe', {
    exec: execAction().within(1).tag(1),
    httpGet: httpGetAction().within(1).tag(2),
    tcpSocket: tcpSocketAction().within(1).tag(3),
    grpc: grpcAction().within(1).tag(4),
    initialDelaySeconds: int32().tag(2),
    timeoutSeconds: int32().default(1).tag(3),
    periodSeconds: int32().default(10).tag(4),
    successThreshold: int32().default(1).tag(5),
    failureThreshold: int32().default(3).tag(6),
    terminationGracePeriodSeconds: int64().pointer().tag(7),
  }));
export type Probe = TypeOf<ReturnType<typeof probe>>;

export const sleepAction = part(() =>
  object('api.core.v1.SleepAction', {
    seconds: int64().required().tag(1),
  }));
export type SleepAction = TypeOf<ReturnType<typeof sleepAction>>;

export const tcpSocketAction = part(() =>
  object('api.core.v1.TCPSocketAction', {
    port: intOrString().required().tag(1),
    host: string().tag(2),
  }));
export type TCPSocketAction = TypeOf<ReturnType<typeof tcpSocketAction>>;
