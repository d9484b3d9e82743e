import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { architectureOf } from '../../scripts/debian.ts';

const script = join(import.meta.dirname, '../../scripts/deb.ts');
const deb = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

/** The ELF header of a program for this machine type. */
const programFor = (machine: number): Buffer => {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
};

test('the architecture of a package is that of its Node, which need not run here', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'courier-deb-'));
  const node = join(folder.path, 'node');
  for (const [machine, architecture] of [
    [0x3e, 'amd64'],
    [0xb7, 'arm64'],
  ] as const) {
    writeFileSync(node, programFor(machine));
    assert.equal(architectureOf(node), architecture);
  }
  for (const other of [programFor(0x28), Buffer.from('#!/bin/sh\n'), Buffer.from('\x7fELF', 'latin1')]) {
    writeFileSync(node, other);
    assert.throws(() => architectureOf(node), /is no Node for Linux on x64 or arm64/);
  }
});

test('what the command lacks is said without a stack', () => {
  const bare = deb();
  assert.deepEqual(
    [bare.status, bare.stderr],
    [2, 'usage: npm run deb -- --node PATH: bin/node of a Node that was unpacked from nodejs.org\n'],
  );
  const absent = deb('--node', '/nowhere/bin/node');
  assert.equal(absent.status, 2);
  assert.match(absent.stderr, /^There is no \/nowhere\/bin\/node, and no \/nowhere\/LICENSE\.\nusage: /);
});
