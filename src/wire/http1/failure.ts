/** What came is not HTTP/1.1 as we take it, and how a server says so. The connection is of no more use. */
export class Http1Failure extends Error {
  readonly status: 400 | 405 | 417 | 431 | 501 | 505;

  constructor(status: Http1Failure['status'], message: string) {
    super(message);
    this.status = status;
  }
}
