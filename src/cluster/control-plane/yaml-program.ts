/** The program of the thread that reads long YAML: see yaml-worker.ts. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../base/message-of.ts';
import { readYaml } from '../../meta/yaml.ts';
import type { YamlAnswer } from './yaml-worker.ts';

parentPort!.on('message', (text: string) => parentPort!.postMessage(answerTo(text)));

function answerTo(text: string): YamlAnswer {
  try {
    return { data: readYaml(text) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
