import type { Family, Sample } from '../../base/metrics/family.ts';
import { labels } from '../../base/metrics/family.ts';
import type { FlowControl, Tally } from './flow-control.ts';
import type { Level } from './level.ts';

const PREFIX = 'apiserver_flowcontrol_';

/** Upstream's names; counted by flow schema and priority level. */
export function* flowControlMetrics(flowControl: FlowControl): Iterable<Family> {
  const tallies = [...flowControl.tallies].filter(({ dispatched, refused, waiting }) => dispatched > 0 || waiting > 0 || Object.values(refused).some((count) => count > 0));
  const of = ({ schema, level }: Tally) => labels({ flow_schema: schema, priority_level: level });
  const each = (value: (tally: Tally) => number): readonly Sample[] => tallies.map((tally) => ({ labels: of(tally), value: value(tally) }));
  yield { name: `${PREFIX}dispatched_requests_total`, type: 'counter', help: 'Number of requests executed by API Priority and Fairness', samples: each(({ dispatched }) => dispatched) };
  yield {
    name: `${PREFIX}rejected_requests_total`, type: 'counter', help: 'Number of requests refused by API Priority and Fairness',
    samples: tallies.flatMap((tally) => Object.entries(tally.refused).filter(([, count]) => count > 0).map(([reason, value]) => ({ labels: `${of(tally)},${labels({ reason })}`, value }))),
  };
  yield { name: `${PREFIX}current_inqueue_requests`, type: 'gauge', help: 'Requests waiting in queues', samples: each(({ waiting }) => waiting) };
  yield { name: `${PREFIX}current_inqueue_seats`, type: 'gauge', help: 'Seats that requests waiting in queues will take', samples: each(({ waitingSeats }) => waitingSeats) };
  yield { name: `${PREFIX}current_executing_requests`, type: 'gauge', help: 'Requests running, or watches starting', samples: each(({ executing }) => executing) };
  yield { name: `${PREFIX}current_executing_seats`, type: 'gauge', help: 'Seats taken by requests that run', samples: each(({ executingSeats }) => executingSeats) };
  yield {
    name: `${PREFIX}request_wait_duration_seconds`, type: 'histogram', help: 'How long requests waited in their queues',
    samples: tallies.flatMap((tally) => [
      { labels: `execute="true",${of(tally)}`, value: tally.waited }, { labels: `execute="false",${of(tally)}`, value: tally.waitedInVain },
    ].filter(({ value }) => value.count > 0)),
  };
  yield {
    name: `${PREFIX}request_execution_seconds`, type: 'histogram', help: 'How long requests ran',
    samples: tallies.filter(({ ran }) => ran.count > 0).map((tally) => ({ labels: `${of(tally)},type="regular"`, value: tally.ran })),
  };
  yield* levelMetrics(flowControl.levels);
}

function* levelMetrics(levels: readonly Level[]): Iterable<Family> {
  const gauge = (name: string, help: string, value: (level: Level) => number): Family => ({
    name: `${PREFIX}${name}`, type: 'gauge', help, samples: levels.map((level) => ({ labels: labels({ priority_level: level.settings.name }), value: value(level) })),
  });
  yield gauge('nominal_limit_seats', 'Seats a priority level has by its shares', ({ bounds }) => bounds.nominal);
  yield gauge('lower_limit_seats', 'Seats a priority level never lends', ({ bounds }) => bounds.min);
  yield gauge('upper_limit_seats', 'Seats a priority level can have with all it may borrow', ({ bounds }) => bounds.max);
  yield gauge('current_limit_seats', 'Seats a priority level has now', ({ queues }) => queues.limit);
  yield gauge('demand_seats_smoothed', 'Seats a priority level lately wanted, smoothed', ({ demand }) => demand.smooth);
}
