import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checked, starts } from '../../src/commands/kubelet/check.ts';
import { newestKnown } from '../../src/kubelet/fields.ts';
import { folder } from '../config/support.ts';
import type { Json, KubeletCase, PluginFile } from '../contracts/format.d.ts';
import { type Pod, startKubelet } from './kubelet.ts';

const recorded = JSON.parse(await readFile(join(import.meta.dirname, '../contracts/kubelet-plugin.json'), 'utf8')) as PluginFile;

for (const recording of recorded.kubelet) {
  test(`the stand-in of the kubelet does as recorded: ${recording.name}`, { concurrency: true }, async () => {
    await using files = await folder();
    const scene = await setUp(recording, files.path);
    const { remarks } = await checked(scene.config, newestKnown, scene.binDir);
    assert.equal(starts(remarks), recording.kubeletStarts, `kubelet check: ${JSON.stringify(remarks)}`);
    const kubelet = await startKubelet({ ...scene, pod: podOf(recording.flags ?? []) });
    assert.equal(kubelet !== undefined, recording.kubeletStarts, recording.error ?? 'it starts');
    if (!kubelet) return;

    const isParallel = recording.flags?.includes('--parallel') ?? false;
    const looking = recording.images.map(image => async () => ({ image, credentials: await kubelet.lookup(image) }));
    const found = isParallel ? await Promise.all(looking.map(look => look())) : await inTurn(looking);

    const lookups = found.map(({ image, credentials }) => ({ image, found: credentials.length > 0, credentials }));
    assert.deepEqual(lookups, recording.lookups);
    const seen = Object.fromEntries(
      await Promise.all(Object.keys(recording.plugins).map(async name => [name, await seenBy(scene.notes, name)] as const)),
    );
    for (const [name, times] of Object.entries(recording.execs ?? {})) assert.equal(seen[name]?.length, times, `execs of ${name}`);
    if (!isParallel)
      for (const [name, text] of Object.entries(recording.stdin ?? {}))
        assert.deepEqual(JSON.parse(seen[name]?.[0] ?? ''), JSON.parse(text));
    const images = Object.values(seen)
      .flat()
      .map(text => (JSON.parse(text) as { image: string }).image);
    if (recording.execImages) assert.deepEqual(images.sort(), recording.execImages);
    if (recording.pluginSaw) assert.equal(await readFile(join(scene.notes, 'saw'), 'utf8'), recording.pluginSaw);
  });
}

async function inTurn<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  for (const work of works) results.push(await work());
  return results;
}

interface Scene {
  readonly config: string;
  readonly binDir: string;
  readonly notes: string;
  readonly env: Readonly<Record<string, string>>;
}

async function setUp({ config, plugins, kubeletEnv }: KubeletCase, path: string): Promise<Scene> {
  const [binDir, notes] = [join(path, 'bin'), join(path, 'notes')];
  await Promise.all([binDir, notes].map(async directory => await mkdir(directory)));
  for (const [name, plugin] of Object.entries(plugins)) await writePlugin(join(binDir, name), join(notes, name), plugin);
  return { config: await writeConfig(config, path), binDir, notes, env: { PATH: process.env['PATH'] ?? '', ...kubeletEnv } };
}

async function writeConfig(config: Json, path: string): Promise<string> {
  const inFolder = (config as { '@dir'?: Record<string, Json> })['@dir'];
  if (!inFolder) {
    await writeFile(join(path, 'config.json'), JSON.stringify(config));
    return join(path, 'config.json');
  }
  await mkdir(join(path, 'config.d'));
  for (const [name, content] of Object.entries(inFolder))
    await writeFile(join(path, 'config.d', name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(path, 'config.d');
}

/** A shell script that notes what it was asked, and prints what was recorded. */
async function writePlugin(file: string, note: string, plugin: KubeletCase['plugins'][string]): Promise<void> {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [
    '#!/bin/sh',
    `cat > ${quoted(note)}.$$`,
    ...(plugin.showEnv
      ? [`printf 'argv: %s\\nAWS_PROFILE=%s KUBELET_ONLY=%s\\n' "$*" "$AWS_PROFILE" "$KUBELET_ONLY" > ${quoted(join(note, '../saw'))}`]
      : []),
    ...(plugin.sleep ? [`sleep ${plugin.sleep}`] : []),
    `printf %s ${quoted(plugin.stdout ?? '')}`,
    `printf %s ${quoted(plugin.stderr ?? '')} >&2`,
    `exit ${plugin.exit ?? 0}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(file, Number.parseInt(plugin.mode ?? '755', 8));
}

/** What a plugin was asked, once for each time that it ran; in no order. */
async function seenBy(notes: string, name: string): Promise<string[]> {
  const names = (await readdir(notes)).filter(note => note.startsWith(`${name}.`));
  return await Promise.all(names.map(async note => await readFile(join(notes, note), 'utf8')));
}

function podOf(flags: readonly string[]): Pod {
  const after = (flag: string): string[] => flags.flatMap((one, index) => (one === flag ? [flags[index + 1] ?? ''] : []));
  const annotations = after('--sa-annotation').map(text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  return {
    namespace: after('--namespace')[0] ?? 'default',
    serviceAccount: after('--sa')[0] ?? 'default',
    annotations: Object.fromEntries(annotations) as Record<string, string>,
  };
}
