import { pino, type Logger as Pino } from 'pino';
import type { Logger } from '../base/log.ts';

/** Lines of JSON on standard output, which the supervisor has pointed at the process's log file. */
export function jsonLog(component: string, level = process.env.KNARR_LOG_LEVEL ?? 'info'): Logger {
  return over(pino({ base: { component }, level, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }));
}

function over(log: Pino): Logger {
  return {
    debug: (message, fields) => log.debug(plain(fields), message),
    info: (message, fields) => log.info(plain(fields), message),
    warn: (message, fields) => log.warn(plain(fields), message),
    error: (message, fields) => log.error(plain(fields), message),
    with: (fields) => over(log.child(fields)),
  };
}

/** Errors have no enumerable fields; a log wants their words. */
function plain(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) =>
    [name, value instanceof Error ? (value.stack ?? value.message) : typeof value === 'bigint' ? String(value) : value]));
}
