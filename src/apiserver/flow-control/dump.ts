import type { ApiResponse } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { Exchange } from '../exchange.ts';
import { answerText, pageNotFound } from '../respond.ts';
import type { Level, Place } from './level.ts';

type Rows = readonly (readonly (string | number | boolean)[])[];

const PREFIX = '/debug/api_priority_and_fairness/';

/** What waits and runs, for whoever wonders why: `/debug/api_priority_and_fairness/…`. */
export function serveDumps({ flowControl }: Core, { info: { path, query } }: Exchange): ApiResponse {
  const levels = flowControl.levels.toSorted((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  const limited = levels.filter(({ settings }) => !settings.exempt);
  switch (path.slice(PREFIX.length)) {
    case 'dump_priority_levels': return answerText(200, table(levelRows(levels)));
    case 'dump_queues': return answerText(200, table(queueRows(limited)));
    case 'dump_requests': return answerText(200, table(requestRows(limited, query.get('includeRequestDetails') === '1')));
    default: return pageNotFound();
  }
}

export const isDump = (path: string): boolean => path.startsWith(PREFIX);

function* levelRows(levels: readonly Level[]): Iterable<Rows[number]> {
  yield ['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'];
  for (const level of levels) {
    const { settings, queues, running, dispatched, refused, timedOut, cancelled } = level;
    const active = queues.queues.filter((queue) => queue.waiting.length > 0 || queue.running > 0).length;
    yield [settings.name, active, running === 0 && queues.waiting === 0, false, queues.waiting, running, dispatched, refused, timedOut, cancelled];
  }
}

/** Seats × seconds, as upstream writes them. */
const seatSeconds = (millis: number): string => `${(millis / 1000).toFixed(8)}ss`;

function* queueRows(levels: readonly Level[]): Iterable<Rows[number]> {
  yield ['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'];
  for (const { settings, queues } of levels) {
    for (const { index, waiting, running, seatsInUse, seatsWaiting, nextStart } of queues.queues) {
      const most = waiting.reduce((sum, { work }) => sum + Math.max(work.seats, work.finalSeats), 0);
      const total = waiting.reduce((sum, { work }) => sum + work.seats * 3 + work.finalSeats * work.finalMillis, 0);
      yield [settings.name, index, waiting.length, running, seatsInUse, seatSeconds(nextStart), seatsWaiting, most, seatSeconds(total)];
    }
  }
}

function* requestRows(levels: readonly Level[], details: boolean): Iterable<Rows[number]> {
  yield [
    'PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime',
    ...(details ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'] : []),
  ];
  for (const { settings, queues } of levels) {
    for (const queue of queues.queues) {
      for (const [index, place] of queue.waiting.entries()) yield [settings.name, place.flow.schema, queue.index, index, ...requestCells(place), ...(details ? detailCells(place) : [])];
    }
  }
}

function requestCells({ flow, work, label }: Place): Rows[number] {
  const arrived = new Date(label.at).toISOString();
  return [flow.distinguisher, arrived, work.seats, work.finalSeats, `${work.finalMillis}ms`, '0001-01-01T00:00:00Z'];
}

function detailCells({ label: { user, info } }: Place): Rows[number] {
  const version = info.group === '' ? info.version : `${info.group}/${info.version}`;
  return [user.username, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource];
}

/** Columns stand one below the other, a comma behind each. */
function table(rows: Iterable<Rows[number]>): string {
  const lines = [...rows].map((row) => row.map((cell, at) => `${cell}${at < row.length - 1 ? ',' : ''}`));
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines.map((line) => `${line.map((cell, at) => (at < line.length - 1 ? cell.padEnd(widths[at]! + 1) : cell)).join('')}\n`).join('');
}
