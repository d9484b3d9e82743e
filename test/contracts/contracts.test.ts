import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RecordedFile } from './harness.ts';
import { harnesses, replayFile, report } from './run.ts';

const folder = import.meta.dirname;
// The other files hold runs of a program.
const files = readdirSync(folder).filter(
  name => name.endsWith('.json') && 'scenarios' in (JSON.parse(readFileSync(join(folder, name), 'utf8')) as object),
);

for (const name of files) {
  test(`the fake answers as recorded: ${name}`, async () => {
    const results = await replayFile(join(folder, name));

    const failed = results.filter(result => result.differences.length > 0);
    assert.equal(failed.length, 0, failed.map(report).join('\n'));
    assert.ok(
      results.some(result => result.leftOut === undefined),
      'nothing at all was replayed',
    );
  });

  test(`every topic left out of ${name} exists and has a reason`, () => {
    const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecordedFile;
    const topics = new Set(file.scenarios.flatMap(scenario => scenario.topics));
    const harness = harnesses.find(({ product }) => product.test(file.product));

    for (const [topic, reason] of Object.entries(harness?.leftOut ?? {})) {
      assert.ok(topics.has(topic), `no scenario has the topic ${topic}`);
      assert.match(reason, /\w+ \w+/, `${topic} is left out without a reason`);
    }
  });
}
