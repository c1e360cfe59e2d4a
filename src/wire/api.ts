/**
 * The server as a function: one request in, one response out, as plain data. HTTP/2, HTTP/1.1 and in-process callers
 * are adapters around it; the web's Request and Response classes would cost half the throughput.
 */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>;

/** Header names are lower case; a repeated header is joined with ", ", but `set-cookie` and `x-remote-…`, which have commas of their own, with newlines. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** Who a caller is, as authentication found it (authentication.k8s.io/v1 UserInfo). */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What the transport knows of the caller. */
export interface Peer {
  /** The remote address without port, or `in-process`. */
  readonly address: string;
  /** The client certificate's subject, only when the transport verified it against the client CA. */
  readonly certificate?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    readonly uid?: string;
    /** Milliseconds since the epoch. */
    readonly expires?: number;
  };
  /** A front proxy, whose certificate the transport verified against the front proxies' CA: it may say in headers who asks, and is nobody itself. */
  readonly proxy?: { readonly commonName: string };
  /** Why a client certificate that was presented does not count (unknown CA, expired): authentication then fails. */
  readonly certificateError?: string;
  /** Set by in-process composition alone: the identity is given, authentication is skipped, authorization is not. */
  readonly user?: UserInfo;
}

export interface ApiRequest {
  readonly method: string;
  /** Path and query as sent, percent-encoding kept: `/api/v1/pods?limit=5`. */
  readonly url: string;
  readonly headers: Headers;
  readonly peer: Peer;
  /**
   * The body. `bytes` was read whole by the adapter, which enforces the size limit; `object` comes from an in-process
   * client and must never be changed by either side; `stream` only on proxied paths.
   */
  readonly body?: RequestBody;
  /** The connection, where the client asks for an upgrade (SPDY/3.1, websocket). */
  readonly upgrade?: Duplex;
  /**
   * An in-process caller that takes decoded, immutable objects: the answer's body is then `object`, or `events` for
   * a watch, and `accept` is not looked at.
   */
  readonly wantsObjects?: boolean;
  /** Aborts when the caller has gone or lost interest. */
  readonly signal: AbortSignal;
}

export type RequestBody =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'object'; readonly object: unknown }
  | { readonly type: 'stream'; readonly chunks: AsyncIterable<Uint8Array> };

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body?: ResponseBody;
}

export type ResponseBody =
  /** Written one after the other: a LIST is a concatenation of stored buffers. */
  | { readonly type: 'bytes'; readonly chunks: readonly Uint8Array[] }
  /**
   * Each yielded array is one tick's worth and leaves in one write. Ends when the iterator ends. Whoever has done with a
   * chunk, and knows that nobody else has it, may give it back to be filled again.
   */
  | { readonly type: 'stream'; readonly chunks: AsyncIterable<readonly Uint8Array[]>; readonly recycle?: (chunk: Uint8Array) => void }
  /** For `wantsObjects`: a decoded object, list or Status. */
  | { readonly type: 'object'; readonly object: unknown }
  /** For `wantsObjects` on a watch. */
  | { readonly type: 'events'; readonly events: AsyncIterable<readonly WireEvent[]> }
  /** Status 101: after the headers the connection carries these bytes, both ways, until one side ends. */
  | { readonly type: 'upgrade'; readonly connection: Duplex };

/** One watch event. `object` is immutable and may be shared with the server's own cache. */
export interface WireEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** A two-way byte stream, free of any runtime's classes. */
export interface Duplex {
  /** Bytes from the other side, ends when it half-closes. */
  readonly readable: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes were taken; back-pressure is the caller waiting. */
  write(bytes: Uint8Array): Promise<void>;
  /** Half-closes our side. */
  end(): Promise<void>;
  /** Drops the connection at once. */
  destroy(reason?: unknown): void;
}

/** Answers a request somewhere else: another process, another machine, or this one. */
export type Transport = ApiHandler;
