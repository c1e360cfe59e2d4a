// Sums up the reports that `npm test` left in a folder (vitest's JSON) as one line: `N passed, N failed, N skipped`.
// Ends with 1 when there is no report, when no test ran, or when a test or a whole file failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.test-results';
const sum = { passed: 0, failed: 0, skipped: 0 };
const reports = listReports(folder);
for (const file of reports) {
  const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  sum.passed += report.numPassedTests;
  sum.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  // A file that could not even be loaded fails without a test of its own.
  const unloaded = report.testResults.filter((one) => one.status === 'failed' && one.assertionResults.every((test) => test.status !== 'failed'));
  sum.failed += report.numFailedTests + unloaded.length;
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = reports.length === 0 || sum.passed === 0 || sum.failed > 0 ? 1 : 0;

function listReports(from) {
  try {
    return readdirSync(from).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
}
