import { Worker } from 'node:worker_threads';
import { programFile } from '../bundle.ts';
import type { YamlAnswer, YamlThread } from './yaml-worker.ts';

/** Enough for the longest document there may be, aliases included; a bomb ends its thread, not the process. */
const MAX_HEAP_MB = 512;

/** A thread of this process that runs the bundled yaml-program. */
export function startYamlThread(): YamlThread {
  const worker = new Worker(programFile('yaml-program'), { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB }, execArgv: [] });
  worker.unref();
  return {
    send: (text) => worker.postMessage(text),
    listen(receive, fail) {
      worker.on('message', (answer: YamlAnswer) => receive(answer));
      worker.on('messageerror', fail);
      worker.on('error', fail);
    },
    end: () => void worker.terminate(),
  };
}
