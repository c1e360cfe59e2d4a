/** Why a node cannot give a pod what it is to have to itself, with a reason of its own. */
export class AdmissionError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'AdmissionError';
    this.reason = reason;
  }
}
