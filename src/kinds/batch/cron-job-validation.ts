/** A CronJob's schedule and what it makes. */
import { type FieldPath, invalid, notSupported } from '../../meta/field-error.ts';
import { type Errors, nonNegatives } from '../checks.ts';
import { parseCron } from '../../meta/cron-schedule.ts';
import { isTimeZone } from '../../meta/time-zone.ts';
import type { JobSpec } from './job-spec.ts';
import { jobSpecErrors } from './job-validation.ts';

interface CronJobLike {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly concurrencyPolicy: string;
    readonly startingDeadlineSeconds?: number;
    readonly successfulJobsHistoryLimit: number;
    readonly failedJobsHistoryLimit: number;
    readonly jobTemplate: { readonly spec: JobSpec };
  };
}

const POLICIES = ['Allow', 'Forbid', 'Replace'];

export function* cronJobErrors({ spec }: CronJobLike, at: FieldPath): Errors {
  const here = at.child('spec');
  if (spec.schedule) yield* scheduleErrors(spec.schedule, here.child('schedule'));
  yield* nonNegatives(here, spec, ['startingDeadlineSeconds']);
  if (!POLICIES.includes(spec.concurrencyPolicy)) yield notSupported(here.child('concurrencyPolicy'), spec.concurrencyPolicy, POLICIES);
  const template = here.child('jobTemplate').child('spec');
  const { selector, manualSelector } = spec.jobTemplate.spec;
  yield* jobSpecErrors(spec.jobTemplate.spec, template);
  if (selector) yield invalid(template.child('selector'), selector, '`selector` will be auto-generated');
  if (manualSelector) yield notSupported(template.child('manualSelector'), manualSelector, ['nil', 'false']);
  yield* nonNegatives(here, spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']);
  if (spec.timeZone !== undefined) yield* zoneErrors(spec.timeZone, here.child('timeZone'));
}

function* scheduleErrors(schedule: string, at: FieldPath): Errors {
  try {
    parseCron(schedule);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield invalid(at, schedule, error.message);
  }
}

const NO_ZONE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
const namesZone = (schedule: string): boolean => schedule.includes('TZ');

/** A job's name is the CronJob's and eleven characters more. */
const MAX_NAME = 52;

export function* newCronJobErrors({ metadata, spec }: CronJobLike, at: FieldPath): Errors {
  if (metadata.name.length > MAX_NAME) yield invalid(at.child('metadata').child('name'), metadata.name, `must be no more than ${MAX_NAME} characters`);
  if (namesZone(spec.schedule)) yield invalid(at.child('spec').child('schedule'), spec.schedule, NO_ZONE);
}

/** A schedule that named its zone before may go on doing so, unless the field does. */
export function* cronJobUpdateErrors({ spec }: CronJobLike, { spec: old }: CronJobLike, at: FieldPath): Errors {
  const here = at.child('spec').child('schedule');
  if (!namesZone(spec.schedule)) return;
  if (!namesZone(old.schedule)) yield invalid(here, spec.schedule, NO_ZONE);
  else if (spec.timeZone !== undefined) yield invalid(here, spec.schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule');
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function* zoneErrors(zone: string, at: FieldPath): Errors {
  if (zone === '') return void (yield invalid(at, zone, 'timeZone must be nil or non-empty string'));
  const unknown = `unknown time zone ${zone}`;
  for (const part of zone.split('/')) {
    if (part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part)) return void (yield invalid(at, zone, unknown));
  }
  if (zone.toLowerCase() === 'local') yield invalid(at, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  else if (!isTimeZone(zone)) yield invalid(at, zone, unknown);
}
