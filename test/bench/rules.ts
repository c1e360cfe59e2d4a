/** What an expression costs: rules as CustomResourceDefinitions and policies have them. The goal is 5 µs a rule. */
import { compileExpression } from '../../src/cel/compile.ts';
import { bounded, DYN, INT, listOf, mapOf, objectOf, STRING } from '../../src/cel/types.ts';

const ROUNDS = 100_000;
const field = (property: string, type: Parameters<typeof listOf>[0]) => [property, { property, type }] as const;
const self = objectOf('Self', Object.fromEntries([
  field('minReplicas', INT), field('replicas', INT), field('maxReplicas', INT), field('name', bounded(STRING, 63)), field('hosts', bounded(listOf(bounded(STRING, 63)), 16)), field('labels', mapOf(STRING, STRING)),
]));

const RULES: readonly string[] = [
  'self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas',
  "self.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
  "self.hosts.all(h, h.endsWith('.example.com'))",
  "has(self.labels) && 'app' in self.labels ? self.labels['app'] == self.name : true",
  "object.spec.template.spec.containers.exists(c, c.image.startsWith('registry.example.com/'))",
];

const bindings = {
  self: { minReplicas: 1, replicas: 3, maxReplicas: 9, name: 'web-frontend', hosts: ['a.example.com', 'b.example.com', 'c.example.com'], labels: { app: 'web-frontend' } },
  object: { spec: { template: { spec: { containers: [{ image: 'other/x' }, { image: 'registry.example.com/y' }] } } } },
};

export function measureRules(): void {
  for (const rule of RULES) {
    const compileStart = performance.now();
    const compiled = compileExpression(rule, { variables: { self, object: DYN } });
    const compileMicros = (performance.now() - compileStart) * 1000;
    if (!compiled.ok) throw new Error(compiled.reason);
    const { program } = compiled;
    const run = (): number => {
      const start = performance.now();
      for (let round = 0; round < ROUNDS; round++) if (!program.evaluate(bindings).ok) throw new Error(rule);
      return ((performance.now() - start) * 1000) / ROUNDS;
    };
    run();
    console.log(`CEL: ${run().toFixed(2)} µs, compiled in ${compileMicros.toFixed(0)} µs: ${rule}`);
  }
}
