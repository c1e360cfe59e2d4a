/** Loaded into a program that knows nothing of it (`node --import`): makes its process report to the file named in the environment. */
import { reportAt } from './report.ts';

reportAt(process.env['KNARR_BENCH_REPORT']!);
