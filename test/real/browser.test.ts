import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page, type PageScreenshotOptions } from 'playwright-core';
import { obstacles } from './accessible.ts';
import { wordsTooPale } from './contrast.ts';
import { hostOf, startWorld, type World } from './daemon.ts';
import { part, path } from './needs.ts';

/** Disable what a browser does on its own, such as updates and requests to its vendor. */
const args = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
];
/** The open page is updated every 15 s. */
const patience = { timeout: 60_000 };

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Errors in the browser, and requests to servers other than the daemon. */
  readonly amiss: string[];
}

async function open(world: World, options: BrowserContextOptions = {}): Promise<Opened> {
  const profile = await mkdtemp(join(tmpdir(), 'courier-browser-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, { executablePath: path('chromium'), args, ...options });
  const amiss: string[] = [];
  context.on('console', message => void (message.type() === 'error' && amiss.push(message.text())));
  context.on('weberror', error => void amiss.push(String(error.error())));
  context.on('request', request => void (request.url().startsWith(`http://${world.doors}/`) || amiss.push(`asked for ${request.url()}`)));
  const page = await context.newPage();
  await page.goto(`http://${world.doors}/`);
  return {
    page,
    amiss,
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Takes a screenshot if TEST_SCREENSHOTS names a folder. `status-page` is the picture in the README. */
async function shoot(page: Page, name: string, options: PageScreenshotOptions = {}): Promise<void> {
  const folder = process.env['TEST_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), ...options });
}

async function inBothSchemes(page: Page, where: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await obstacles(page), [], `${where}, ${colorScheme}`);
  }
}

/** Asserts that the page has no accessibility problems, as it opens and with everything on it unfolded. */
async function assertAccessible({ page }: Opened, world: World, queries: readonly string[], what: string): Promise<void> {
  for (const query of queries) {
    await page.goto(`http://${world.doors}/${query}`);
    for (const unfolded of ['as it opens', 'unfolded']) {
      if (unfolded === 'unfolded') await page.evaluate(`document.querySelectorAll('details').forEach(one => { one.open = true; })`);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        await inBothSchemes(page, `${what}, ${query}, ${width} wide, ${unfolded}`);
      }
    }
  }
}

const hostile = '<img src=x onerror="document.title=1"></title><script>document.title=2</script>&amp;{{7*7}}';
const row = (Name: string, account: string) => ({
  Name,
  URL: hostOf(account),
  Authentication: true,
  Username: 'AWS',
  Password: 'of-yesterday',
});

/** Runs `act`, and waits for an update of the page. */
async function updated(page: Page, act?: () => Promise<void>): Promise<void> {
  const seen = page.locator('footer time').last();
  const before = await seen.innerText();
  await act?.();
  await seen.filter({ hasNotText: before }).waitFor(patience);
}

/** Asserts that the search text, unfolded details and the focus survive an update of the page. */
async function keepsWhatIsLookedAt(page: Page): Promise<void> {
  await page.getByRole('searchbox', { name: 'Find a target or a slot' }).fill('Portainer-42 ok');
  const found = page.locator('details.target:visible');
  await updated(page, () => found.locator('summary').first().click());
  assert.deepEqual(await found.evaluateAll(all => all.map(one => [one.querySelector('h3')?.textContent, one.hasAttribute('open')])), [
    ['portainer-42', true],
  ]);
  assert.equal(await page.getByText('1 of 100').count(), 1);
  assert.equal(await page.evaluate('document.activeElement?.textContent.startsWith("portainer-42")'), true);
}

part('Chromium', { programs: ['chromium'] }, () => {
  test('a target fails and recovers while the page is open; hostile names are text', async () => {
    await using world = await startWorld({ portainer: { registries: [row(hostile, '111111111111')], version: '2.43.0<script>' } });
    await world.start();
    await world.until(() => world.served(), 'the first delivery');
    await using opened = await open(world);
    const { page, amiss } = opened;
    await page.getByText('All is well.').waitFor(patience);
    assert.equal(await page.locator('img, script:not([data-seconds]), iframe').count(), 0);
    assert.ok(await page.getByText(hostile, { exact: false }).first().isVisible(), 'the name stands there as it is');
    assert.ok(await page.getByText('2.43.0<script>').first().isVisible());

    world.portainer.fault = () => 'reset';
    await page.getByText('Serving, with failures.').waitFor(patience);
    const trouble = page.locator('.trouble').first();
    assert.match(await trouble.innerText(), /UNREACHABLE[^]*What to do: Check address, port, DNS and firewall/);
    assert.match(await page.title(), /^Serving, with failures - ecr-courier$/);

    world.portainer.fault = undefined;
    await world.run('refresh');
    await page.getByText('All is well.').waitFor(patience);
    assert.equal(await trouble.count(), 0);
    assert.deepEqual(amiss, []);
  });

  test('three registries of a Portainer, all well: the picture of the README; a link to a target is kept by updates', async () => {
    const registries = Object.entries({ production: '111111111111', staging: '222222222222', tools: '333333333333' }).map(
      ([name, account]) => row(name, account),
    );
    await using world = await startWorld({ portainer: { registries, version: '2.43.0' } });
    await world.start();
    await world.until(() => world.served(), 'the first delivery');
    await using opened = await open(world, { viewport: { width: 1280, height: 640 }, colorScheme: 'light', javaScriptEnabled: false });
    const { page, amiss } = opened;
    await page.getByText('All is well. 3 slots in 1 target in order.').waitFor(patience);
    await shoot(page, 'status-page', { fullPage: true });

    const link = `http://${world.doors}/?target=portainer`;
    await page.getByRole('link', { name: 'to this target' }).click();
    assert.equal(page.url(), link);
    await updated(page);
    assert.equal(page.url(), link);
    assert.deepEqual(amiss, []);
  });

  test('a hundred targets, one of them failing: nothing sticks out, every word can be read, wide and narrow, light and dark, without JavaScript', async () => {
    await using world = await startWorld({ rows: ['111111111111'], env: { ECR_COURIER_DISCOVERY_CRON: '*/20 * * * * *' } });
    const target = (name: string, url: string) => ({
      name,
      url,
      kind: 'portainer',
      apiKeyFile: join(world.folder, 'key'),
      allowHttp: true,
    });
    const good = Array.from({ length: 97 }, (_, at) => target(`portainer-${at + 1}`, world.portainer.url));
    const others = [
      target('a-portainer-with-a-name-that-is-as-long-as-names-can-be-012345', 'http://127.0.0.1:9'),
      { ...target('laboratory', 'http://127.0.0.1:9'), paused: true },
      { ...target('empty', world.portainer.url), registries: [hostOf('222222222222')] },
    ];
    const file = join(world.folder, 'hundred.json');
    await writeFile(file, JSON.stringify({ targets: [...good, ...others] }));
    const env = { PORTAINER_URL: '', PORTAINER_API_KEY_FILE: '', PORTAINER_ALLOW_HTTP: '' };
    await world.start({ args: ['--config', file], env });
    const metrics = () => world.read('/metrics').catch(() => '');
    await world.until(async () => (await metrics()).split(/slots\{.*state="ok"\} 1/).length > 98, 'all deliveries');

    for (const [width, colorScheme] of [
      [1280, 'light'],
      [1280, 'dark'],
      [390, 'light'],
      [390, 'dark'],
    ] as const) {
      const options = { viewport: { width, height: 800 }, colorScheme, javaScriptEnabled: colorScheme === 'dark' };
      await using opened = await open(world, options);
      const { page, amiss } = opened;
      const where = `${width} wide, ${colorScheme}`;
      assert.equal(await page.locator('details.target').count(), 100, where);
      assert.match(await page.locator('details.target').first().innerText(), /UNREACHABLE/, `${where}: what fails comes first, unfolded`);
      assert.ok(await page.getByText('portainer, left alone').isVisible(), `${where}: the paused one`);
      if (options.javaScriptEnabled) await keepsWhatIsLookedAt(page);
      else assert.ok(!(await page.getByRole('searchbox').isVisible()), 'nothing to search with');
      await page.goto(`http://${world.doors}/?still`);
      await page.evaluate(`document.querySelectorAll('details').forEach(one => { one.open = true; })`);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, where);
      assert.deepEqual(await page.evaluate(wordsTooPale), [], where);
      // axe waits for timers, which do not run without JavaScript.
      if (options.javaScriptEnabled) assert.deepEqual(await obstacles(page), [], where);
      assert.deepEqual(amiss, [], where);
      await shoot(page, `${width}-${colorScheme}`);
      await page.evaluate(`document.documentElement.style.setProperty('--quiet', '#777')`);
      assert.notDeepEqual(await page.evaluate(wordsTooPale), [], 'a pale word is seen');
    }
  });

  test('nothing stands in the way of people with screen readers, keyboards or weak eyes: nothing to serve, all well, failing, starting', async () => {
    await using world = await startWorld();
    const pageOf = () => world.read('/').catch(() => '');
    const rows = world.portainer.state.registries.splice(0);
    world.portainer.fault = () => 'hang';
    await world.start();
    await world.until(async () => (await pageOf()).includes('<html'), 'the page');
    await using opened = await open(world);
    await assertAccessible(opened, world, ['?still'], 'before the first answer');

    world.portainer.fault = undefined;
    await world.until(async () => (await pageOf()).includes('NO_SLOTS'), 'the word that there is nothing to serve');
    await assertAccessible(opened, world, ['?still'], 'nothing to serve');

    world.portainer.state.registries.push(...rows);
    await world.run('refresh');
    await world.until(() => world.served(), 'the deliveries');
    await world.until(async () => (await pageOf()).includes('All is well'), 'the page of it');
    await assertAccessible(opened, world, ['?still', '?target=portainer', '?target=nobody'], 'all well');

    world.portainer.fault = ({ method }) => (method === 'PUT' ? { status: 500 } : undefined);
    await world.run('refresh');
    await world.until(async () => (await pageOf()).includes('trouble'), 'the failure');
    await assertAccessible(opened, world, ['?still', '?target=portainer'], 'failing');
    assert.deepEqual(opened.amiss, []);
    await opened.page.evaluate(`document.documentElement.removeAttribute('lang')`);
    assert.notDeepEqual(await obstacles(opened.page), [], 'a fault is seen');
  });
});
