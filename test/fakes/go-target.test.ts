import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleaned, targetOf } from './go-target.ts';

test("a target is read as by Go's server: without escapes, without what a query cannot mean", () => {
  const read = (sent: string) => {
    const target = targetOf(sent);
    return target && [target.path, target.query.toString()];
  };
  assert.deepEqual(read('/a%2Fb/../%C3%A9?x=1&y=%zz&z=1;2&w=a%20b'), ['/a/b/../é', 'x=1&w=a+b']);
  assert.deepEqual(read('//host/a#b'), ['//host/a#b', '']);
  assert.deepEqual(read('http://host:1/a?b'), ['/a', 'b=']);
  assert.equal(read('/a%2'), undefined);
});

test("paths are tidied as Go's path.Clean does, and a slash at the end stays", () => {
  const table = { '/': '/', '/a//b': '/a/b', '/a/./b/../c/': '/a/c/', '/../a': '/a', '/a/..': '/', '//': '/' };
  for (const [path, tidy] of Object.entries(table)) assert.equal(cleaned(path), tidy, path);
});
