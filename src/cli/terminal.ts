/** Where a command writes. Lines come without their line feed. */
export interface Terminal {
  out(line: string): void;
  /** Progress and complaints: never mixed with what a program may parse. */
  err(line: string): void;
  /** Whether a person is watching, so that a line may be rewritten in place. */
  readonly interactive: boolean;
}
