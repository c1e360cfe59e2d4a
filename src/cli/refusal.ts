/** A request that cannot be met, told in one line without a stack: a port in use, a cluster that already runs. */
export class Refusal extends Error {
  /** What the user may do about it; a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'Refusal';
    this.hint = hint;
  }
}
