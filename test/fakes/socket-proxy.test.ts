import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letsThrough, lines } from './socket-proxy.ts';

test('the proxy of the guide for Swarm lets through what the courier asks, and nothing else', () => {
  for (const line of lines.passed) assert.ok(letsThrough(line), line.join(' '));
  for (const line of lines.refused) assert.ok(!letsThrough(line), line.join(' '));
});
