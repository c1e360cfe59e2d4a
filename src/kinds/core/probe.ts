import { int32, int64, intOrString, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const execAction = part(() =>
  object('api.core.v1.ExecAction', {
    command: list(string()).tag(1).describe('The command and its arguments; not run in a shell.'),
  }));
export type ExecAction = TypeOf<ReturnType<typeof execAction>>;

export const grpcAction = part(() =>
  object('api.core.v1.GRPCAction', {
    port: int32().required().tag(1).describe('The port\'s number.'),
    service: string().pointer().default('').tag(2).describe('The service to ask about.'),
  }));
export type GRPCAction = TypeOf<ReturnType<typeof grpcAction>>;

export const httpGetAction = part(() =>
  object('api.core.v1.HTTPGetAction', {
    path: string().default('/').tag(1).describe('The path to ask for.'),
    port: intOrString().required().tag(2).describe('The port\'s number, or its name in the container.'),
    host: string().tag(3).describe('Whom to ask; the pod itself unless said.'),
    scheme: string().default('HTTP').among('HTTP', 'HTTPS').tag(4).describe('HTTP or HTTPS; certificates are not checked.'),
    httpHeaders: list(httpHeader()).tag(5).describe('Headers to send.'),
  }));
export type HTTPGetAction = TypeOf<ReturnType<typeof httpGetAction>>;

export const httpHeader = part(() =>
  object('api.core.v1.HTTPHeader', {
    name: string().required().tag(1).describe('The header\'s name.'),
    value: string().required().tag(2).describe('Its value.'),
  }));
export type HTTPHeader = TypeOf<ReturnType<typeof httpHeader>>;

export const lifecycle = part(() =>
  object('api.core.v1.Lifecycle', {
    postStart: lifecycleHandler().tag(1).describe('Runs right after the container was made; if it fails, the container is killed.'),
    preStop: lifecycleHandler().tag(2).describe('Runs before the container is told to stop, within the grace period.'),
    stopSignal: string().pointer().tag(3).describe('The signal that stops the container, in place of the image\'s.'),
  }));
export type Lifecycle = TypeOf<ReturnType<typeof lifecycle>>;

export const lifecycleHandler = part(() =>
  object('api.core.v1.LifecycleHandler', {
    exec: execAction().tag(1).describe('Runs a command in the container.'),
    httpGet: httpGetAction().tag(2).describe('Makes an HTTP request.'),
    tcpSocket: tcpSocketAction().tag(3).describe('Has no effect; kept for old objects.'),
    sleep: sleepAction().tag(4).describe('Waits.'),
  }));
export type LifecycleHandler = TypeOf<ReturnType<typeof lifecycleHandler>>;

export const probe = part(() =>
  object('api.core.v1.Probe', {
    exec: execAction().within(1).tag(1).describe('Runs a command; exit code 0 is success.'),
    httpGet: httpGetAction().within(1).tag(2).describe('Asks over HTTP; a status from 200 to 399 is success.'),
    tcpSocket: tcpSocketAction().within(1).tag(3).describe('Opens a TCP connection; that it opens is success.'),
    grpc: grpcAction().within(1).tag(4).describe('Calls the gRPC health service; SERVING is success.'),
    initialDelaySeconds: int32().tag(2).describe('Seconds after the container\'s start before the first check.'),
    timeoutSeconds: int32().default(1).tag(3).describe('Seconds after which a check has failed.'),
    periodSeconds: int32().default(10).tag(4).describe('Seconds between checks.'),
    successThreshold: int32().default(1).tag(5).describe('How many successes in a row it takes after a failure.'),
    failureThreshold: int32().default(3).tag(6).describe('How many failures in a row it takes.'),
    terminationGracePeriodSeconds: int64().pointer().tag(7).describe('Replaces the pod\'s grace period when this probe stops the container.'),
  }));
export type Probe = TypeOf<ReturnType<typeof probe>>;

export const sleepAction = part(() =>
  object('api.core.v1.SleepAction', {
    seconds: int64().required().tag(1).describe('How long to wait.'),
  }));
export type SleepAction = TypeOf<ReturnType<typeof sleepAction>>;

export const tcpSocketAction = part(() =>
  object('api.core.v1.TCPSocketAction', {
    port: intOrString().required().tag(1).describe('The port\'s number, or its name in the container.'),
    host: string().tag(2).describe('Whom to connect to; the pod itself unless said.'),
  }));
export type TCPSocketAction = TypeOf<ReturnType<typeof tcpSocketAction>>;
