import { failureWords } from '../connect/forwarding.ts';

/** What is told of a call that fails. */
export const failureText = (call: Promise<unknown>): Promise<string> => call.then(() => 'no failure', failureWords);
