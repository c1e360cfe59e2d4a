import { ApiError } from '../meta/api-error.ts';
import { mediaType, textOf } from './body.ts';
import type { Core } from './core.ts';
import type { Stage } from './exchange.ts';
import { APPLY } from './registry/patch-type.ts';
import { MAX_YAML, type ParsedYaml } from '../meta/yaml.ts';

/** Bytes of YAML that are read at once: a few milliseconds' work. */
const SHORT = 32 * 1024;
const YAML_TYPES = new Set(['application/yaml', APPLY]);

/**
 * Has long bodies in YAML, whose reader is slow, read where they hold up nobody, before anyone asks for what they say.
 * After authorization: nobody else's are worth it.
 */
export function longYamlStage({ config }: Pick<Core, 'config'>): Stage {
  return {
    name: 'long-yaml',
    async handle(exchange, next) {
      const { body, headers, method } = exchange.request;
      const { readYaml } = config;
      if (!readYaml || body?.type !== 'bytes' || body.bytes.length <= SHORT || body.bytes.length > MAX_YAML) return next(exchange);
      if (!YAML_TYPES.has(mediaType(headers['content-type']))) return next(exchange);
      const text = textOf(body.bytes);
      // JSON has a quick reader of its own.
      if (method === 'PATCH' && text.trimStart().startsWith('{')) return next(exchange);
      exchange.yaml = await readYaml(text, exchange.request.signal).then((data): ParsedYaml => ({ data }), (error: unknown): ParsedYaml => {
        if (error instanceof ApiError) throw error;
        return { error };
      });
      return next(exchange);
    },
  };
}
