// Whether a text is JUnit XML as CI systems read it: well-formed XML 1.0, and the elements and attributes of the schema
// that the xUnit plugin of Jenkins publishes (junit-10.xsd), written down here as far as it is used.

import assert from 'node:assert/strict';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

interface Shape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
}

const counts = ['tests', 'failures', 'errors', 'time'];
const finding: Shape = { required: [], optional: ['type', 'message'], children: [] };
const schema: Readonly<Record<string, Shape>> = {
  testsuites: { required: [], optional: ['name', 'disabled', ...counts], children: ['testsuite'] },
  testsuite: {
    required: ['name', 'tests'],
    optional: ['failures', 'errors', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package'],
    children: ['properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { required: [], optional: [], children: ['property'] },
  property: { required: ['name', 'value'], optional: [], children: [] },
  testcase: {
    required: ['name'],
    optional: ['assertions', 'time', 'classname', 'status'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: finding,
  error: finding,
  skipped: finding,
  'system-out': { required: [], optional: [], children: [] },
};

/** The root element; throws what is wrong with `text`. */
export function checkJunit(text: string): XmlElement {
  const root = parseXml(text);
  assert.equal(root.name, 'testsuites');
  checkShape(root);
  for (const suite of root.children) checkCounts(suite);
  return root;
}

function checkShape(element: XmlElement): void {
  const shape = schema[element.name];
  assert.ok(shape, `no element ${element.name}`);
  const found = Object.keys(element.attributes);
  for (const name of shape.required)
    assert.ok(found.includes(name), `${element.name} needs ${name}`);
  for (const name of found)
    assert.ok([...shape.required, ...shape.optional].includes(name), `${element.name} ${name}`);
  for (const child of element.children) {
    assert.ok(shape.children.includes(child.name), `${child.name} in ${element.name}`);
    checkShape(child);
  }
}

function checkCounts({ attributes, children }: XmlElement): void {
  const cases = children.filter(({ name }) => name === 'testcase');
  const having = (name: string) =>
    cases.filter((one) => one.children.some((child) => child.name === name)).length;
  assert.equal(Number(attributes.tests), cases.length);
  assert.equal(Number(attributes.failures), having('failure'));
  assert.equal(Number(attributes.errors), having('error'));
  assert.equal(Number(attributes.skipped), having('skipped'));
  assert.match(attributes.timestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  for (const one of cases) assert.match(one.attributes.time ?? '', /^\d+\.\d{3}$/);
}

const character = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;
const token =
  /<\?xml version="1\.0" encoding="UTF-8"\?>|<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|[^<]+/giy;

function parseXml(text: string): XmlElement {
  assert.match(text, character, 'a character that XML cannot hold');
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [document];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    assert.ok(match, `no XML at ${at}: ${text.slice(at, at + 80)}`);
    const [piece, closing, name = '', attributes = '', empty] = match;
    const top = open.at(-1) ?? document;
    if (piece.startsWith('<?')) assert.equal(at, 0);
    else if (!piece.startsWith('<')) top.text += unescaped(piece);
    else if (closing) assert.equal(open.pop()?.name, name, 'elements nest');
    else {
      const element = { name, attributes: parseAttributes(attributes), children: [], text: '' };
      top.children.push(element);
      if (!empty) open.push(element);
    }
  }
  assert.equal(open.length, 1, 'every element is closed');
  assert.equal(document.children.length, 1, 'one root');
  return document.children[0] as XmlElement;
}

function parseAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/ ([a-z]+)="([^"]*)"/gi)];
  assert.equal(new Set(pairs.map(([, name]) => name)).size, pairs.length, 'attributes once each');
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, unescaped(value)]));
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1];
    const found = code ? String.fromCodePoint(Number(code)) : entities[name];
    assert.ok(found !== undefined && whole.endsWith(';'), `an unescaped & in ${text}`);
    return found;
  });
}
