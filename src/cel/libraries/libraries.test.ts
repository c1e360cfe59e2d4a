/** Kubernetes' libraries, by the examples of kubernetes.io/docs/reference/using-api/cel and the extensions' documentation. */
import { describe, expect, test } from 'vitest';
import { evaluated } from '../testing/evaluate.ts';
import { compileExpression } from '../compile.ts';
import { AUTHORIZER, authorizerOf, type Question } from './authorizers.ts';

type Row = readonly [source: string, result: unknown];
function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    test.each(table)('%s', (source, result) => expect(evaluated(source)).toEqual(result));
  });
}

rows('strings', [
  ['"hello".charAt(4)', 'o'], ['"hello".charAt(5)', ''], ['"hello".charAt(6)', '! index out of range: 6'], ['"hello mellow".indexOf("ello")', 1], ['"hello mellow".indexOf("ello", 2)', 7],
  ['"hello mellow".indexOf("jello")', -1], ['"hello mellow".lastIndexOf("ello")', 7], ['"hello mellow".lastIndexOf("ello", 6)', 1], ['"a😀b😀".indexOf("b")', 2], ['"a😀b😀".lastIndexOf("😀")', 3],
  ['["a", "b"].join()', 'ab'], ['["a", "b"].join("-")', 'a-b'], ['"TacoCÆt".lowerAscii()', 'tacocÆt'], ['"TacoCat".upperAscii()', 'TACOCAT'],
  ['"hello hello".replace("he", "we")', 'wello wello'], ['"hello hello".replace("he", "we", 1)', 'wello hello'], ['"hello".replace("he", "we", 0)', 'hello'], ['"ab".replace("", "_")', '_a_b_'],
  ['"hello hello hello".split(" ")', ['hello', 'hello', 'hello']], ['"hello hello hello".split(" ", 2)', ['hello', 'hello hello']], ['"a".split(",", 0)', []], ['"ab".split("")', ['a', 'b']],
  ['"tacocat".substring(4)', 'cat'], ['"tacocat".substring(0, 4)', 'taco'], ['"tacocat".substring(4, 1)', '! invalid substring range. start: 4, end: 1'], ['"ta©o😁αT".substring(2, 6)', '©o😁α'],
  ['"  \\ttrim\\n ".trim()', 'trim'], ['"gums".reverse()', 'smug'], ['strings.quote("first\\nsecond")', '"first\\nsecond"'],
]);

rows('format', [
  ['"%s is %d".format([dyn("a"), 3])', 'a is 3'], ['"%.2f%%".format([1.005])', '1.00%'], ['"%f".format([1.5])', '1.500000'], ['"%.3e".format([1052.032911275])', '1.052e+03'], ['"%b %b".format([dyn(5), true])', '101 1'],
  ['"%o %x %X".format([11, 30, 250])', '13 1e FA'], ['"%x".format(["hello"])', '68656c6c6f'], ['"%s".format([[dyn("a"), dyn(1), null, dyn(2.5)]])', '[a, 1, null, 2.5]'], ['"%s".format([{"b": dyn(1), "a": true}])', '{a: true, b: 1}'],
  ['"%s".format([])', '! index 0 out of range'], ['"%d".format(["x"])', '! error during formatting: decimal clause can only be used on integers, was given string'],
  ['"%y".format([1])', '! could not parse formatting clause: unrecognized formatting clause "y"'], ['"%s".format([duration("90s")])', '90s'], ['"%s".format([int])', 'int'],
]);

rows('lists', [
  ['[1, 2, 3].isSorted()', true], ['["b", "a"].isSorted()', false], ['[1, 3].sum()', 4], ['[1.0, 0.5].sum()', 1.5], ['[].sum() == 0', true], ['[3, 1, 2].min()', 1], ['["b", "a"].max()', 'b'],
  ['[].min()', '! min called on empty list'], ['[1, 2, 2].indexOf(2)', 1], ['[1, 2, 2].lastIndexOf(2)', 2], ['[1].indexOf(7)', -1],
  ['sets.contains([1, 2, 3], [2])', true], ['sets.equivalent([1, 1], [1])', true], ['sets.intersects([1], [2])', false], ['sets.intersects([dyn(1)], [dyn(1u)])', true],
]);

rows('regular expressions', [
  ['"abc 123".find("[0-9]+")', '123'], ['"abc".find("[0-9]+")', ''], ['"123 abc 456".findAll("[0-9]+")', ['123', '456']], ['"1 2 3".findAll("[0-9]", 2)', ['1', '2']], ['"1 2".findAll("[0-9]", 0)', []],
  ['"abc".matches("b")', true], ['"abc".matches("^b$")', false], ['matches("abc", "^a.*c$")', true], ['"a".matches("a" + "(")', '! error parsing regexp: missing closing ): `a(`'],
]);

rows('quantities', [
  ['quantity("1Gi").isGreaterThan(quantity("1G"))', true], ['quantity("200M").compareTo(quantity("0.2G"))', 0], ['quantity("50k").asInteger()', 50000], ['quantity("9999999999999999999999999999999999999G").isInteger()', true],
  ['quantity("500m").isInteger()', false], ['quantity("500m").asInteger()', '! cannot convert value to integer'], ['quantity("500m").asApproximateFloat()', 0.5], ['quantity("-1").sign()', -1],
  ['quantity("50k").add(quantity("20k")) == quantity("70k")', true], ['quantity("50k").add(20) == quantity("50020")', true], ['quantity("50k").sub(20000) == quantity("30k")', true],
  ['isQuantity("1.3Gi")', true], ['isQuantity("1.3Gx")', false], ['quantity("x")', "! quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
]);

rows('URLs', [
  ['url("https://example.com:80/path?k=a&k=b&l=c").getHost()', 'example.com:80'], ['url("https://example.com:80/").getHostname()', 'example.com'], ['url("https://[::1]:80/").getHostname()', '::1'], ['url("https://[::1]:80/").getPort()', '80'],
  ['url("https://example.com/path with spaces/").getEscapedPath()', '/path%20with%20spaces/'], ['url("/absolute").getScheme()', ''], ['url("https://a/?k=a&k=b&l=c").getQuery()', { k: ['a', 'b'], l: ['c'] }],
  ['isURL("https://example.com")', true], ['isURL("/absolute-path")', true], ['isURL("../relative")', false], ['isURL("https://a:b:c/")', false], ['url("/a") == url("/a")', true],
]);

rows('addresses', [
  ['isIP("127.0.0.1")', true], ['isIP("::1")', true], ['isIP("127.0.0.256")', false], ['isIP("::ffff:1.2.3.4")', false], ['isIP("fe80::1%eth0")', false], ['ip("192.168.0.1") == ip("192.168.0.1")', true], ['ip("::1").family()', 6],
  ['ip("127.0.0.1").isLoopback()', true], ['ip("0.0.0.0").isUnspecified()', true], ['ip("224.0.0.1").isLinkLocalMulticast()', true], ['ip("169.254.1.1").isLinkLocalUnicast()', true], ['ip("10.0.0.1").isGlobalUnicast()', true],
  ['ip.isCanonical("2001:db8::abcd")', true], ['ip.isCanonical("2001:DB8::ABCD")', false], ['string(ip("2001:DB8::1"))', '2001:db8::1'],
  ['isCIDR("192.168.0.0/24")', true], ['isCIDR("192.168.0.0/33")', false], ['cidr("192.168.0.0/24").containsIP("192.168.0.7")', true], ['cidr("192.168.0.0/24").containsIP(ip("192.168.1.7"))', false],
  ['cidr("192.168.0.0/24").containsCIDR("192.168.0.0/25")', true], ['cidr("192.168.0.0/24").containsCIDR(cidr("192.168.0.0/23"))', false], ['cidr("192.168.1.5/24").masked() == cidr("192.168.1.0/24")', true],
  ['string(cidr("192.168.1.5/24").ip())', '192.168.1.5'], ['cidr("::/0").prefixLength()', 0],
]);

rows('named formats', [
  ['format.dns1123Label().validate("my-label")', undefined], ['format.dns1123Label().validate("My").hasValue()', true], ['format.named("uuid").value().validate("123e4567-e89b-12d3-a456-426614174000").hasValue()', false],
  ['format.named("nope").hasValue()', false], ['format.dns1123LabelPrefix().validate("my-").hasValue()', false], ['format.byte().validate("aGk=").hasValue()', false], ['format.date().validate("2024-02-30").hasValue()', true], ['!format.datetime().validate("2024-01-01T00:00:00Z").hasValue()', true],
].map(([source, result]): Row => (result === undefined ? [`${String(source)}.hasValue()`, false] : [String(source), result])));

rows('semantic versions', [
  ['semver("1.2.3").isGreaterThan(semver("1.2.3-rc.1"))', true], ['semver("1.2.3-alpha.2").compareTo(semver("1.2.3-alpha.10"))', -1], ['semver("1.2.3+a") == semver("1.2.3+b")', true], ['isSemver("1.2")', false], ['isSemver("v1.2", true)', true],
  ['semver("v01.2", true).minor()', 2], ['semver("1.2.3").major()', 1], ['semver("1.2")', '! No Major.Minor.Patch elements found'],
]);

rows('JSON pointers', [['jsonpatch.escapeKey("a/b~c")', 'a~1b~0c']]);

test('the authorizer is asked what the expression spells out', () => {
  const asked: Question[] = [];
  const authorizer = authorizerOf((question) => {
    asked.push(question);
    return { allowed: question.verb === 'get', reason: 'because' };
  });
  const ask = (source: string) => {
    const compiled = compileExpression(source, { variables: { authorizer: AUTHORIZER } });
    if (!compiled.ok) throw new Error(compiled.reason);
    const result = compiled.program.evaluate({ authorizer });
    return result.ok ? result.value : result.message;
  };

  expect(ask('authorizer.group("apps").resource("deployments").subresource("scale").namespace("ns").name("web").check("get").allowed()')).toBe(true);
  expect(ask('authorizer.serviceAccount("a", "b").path("/healthz").check("post").allowed()')).toBe(false);
  expect(ask('authorizer.path("/x").check("get").reason()')).toBe('because');
  expect(ask('authorizer.path("/x").check("get").errored()')).toBe(false);
  expect(ask('["a", "b", "c"].all(p, authorizer.path("/" + p).check("get").allowed())')).toBe('operation cancelled: actual cost limit exceeded');
  expect(asked.slice(0, 2)).toEqual([
    { verb: 'get', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'ns', name: 'web' },
    { verb: 'post', serviceAccount: { namespace: 'a', name: 'b' }, path: '/healthz' },
  ]);
});
