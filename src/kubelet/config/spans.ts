import type { Millis } from '../../base/clock.ts';
import { parseDuration } from '../../meta/duration.ts';

/** Durations by name, in milliseconds. @throws Error in Go's words */
export const spansOf = (texts: Readonly<Record<string, string>> = {}): Readonly<Record<string, Millis>> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parseDuration(text)]));
