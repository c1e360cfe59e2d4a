import { allControllers, type ControllersConfig } from './all.ts';
import type { ControllerSurroundings } from './runtime/index.ts';

/** Starts every controller; disposing stops them all. The informers are the caller's. */
export function startControllers({ config, ...around }: ControllerSurroundings & { readonly config: ControllersConfig }): AsyncDisposable {
  const running = allControllers(config).map((controller) => controller.start(around));
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
