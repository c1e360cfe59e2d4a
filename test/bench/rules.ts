/** What an expression costs: rules as CustomResourceDefinitions and policies have them. The goal is 5 µs a rule; and what the dearest of them cost. */
import { compileExpression, PER_CALL_LIMIT } from '../../src/cel/compile.ts';
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

/** Loops that end where one call's budget does: for so long nobody else is answered. */
const DEAR: readonly string[] = [
  'self.numbers.all(x, self.numbers.all(y, x + y >= 0))',
  "self.names.all(x, self.names.all(y, x.replace('a', 'b') != ''))",
  "self.names.all(x, self.names.all(y, x.matches('^[a-z]+-[0-9]+$')))",
  "self.numbers.all(x, self.numbers.all(y, cidr('10.0.0.0/8').containsIP('10.0.0.1')))",
  'self.items.all(x, self.items.all(y, x == y || x != y))',
  'self.numbers.all(x, self.numbers.all(y, 1 / 0 > 0 || true))',
];
const MANY = 2000;
const crowd = objectOf('Crowd', Object.fromEntries([field('numbers', listOf(INT)), field('names', listOf(STRING)), field('items', listOf(mapOf(STRING, STRING)))]));
const many = <T>(make: (n: number) => T): readonly T[] => Array.from({ length: MANY }, (_, n) => make(n));
const crowded = { self: { numbers: many((n) => n), names: many((n) => `name-${n}`), items: many((n) => ({ name: `name-${n}`, a: 'b', c: 'd' })) } };

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
  measureBudget();
}

function measureBudget(): void {
  console.log(`\nCEL: CPU of a call that uses up its budget of ${PER_CALL_LIMIT} units (goal: 50 ms)`);
  for (const rule of DEAR) {
    const compiled = compileExpression(rule, { variables: { self: crowd } });
    if (!compiled.ok) throw new Error(compiled.reason);
    compiled.program.evaluate(crowded);
    const before = process.cpuUsage();
    const { cost } = compiled.program.evaluate(crowded);
    const { user, system } = process.cpuUsage(before);
    console.log(`${((user + system) / 1000).toFixed(0).padStart(6)} ms, ${(((user + system) * 1000) / cost).toFixed(0).padStart(4)} ns a unit: ${rule}`);
  }
}
