import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { adapters } from '../../adapters/index.ts';
import { variables } from '../../config/env.ts';
import { type Config, load } from '../../config/load.ts';

const item = join(import.meta.dirname, '../../deploy/rancher-catalog');
const textOf = (...path: string[]): string => readFileSync(join(item, ...path), 'utf8');

interface Question {
  readonly variable: string;
  readonly label: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: string;
  readonly options?: readonly string[];
}
interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
interface RancherCompose {
  readonly '.catalog': { readonly name: string; readonly version: string; readonly questions: readonly Question[] };
  readonly 'ecr-courier': { readonly scale: number; readonly health_check: Readonly<Record<string, string | number>> };
}
type Answers = Readonly<Record<string, string>>;

const compose = parse(textOf('0', 'rancher-compose.yml')) as RancherCompose;
const { questions } = compose['.catalog'];
const defaults: Answers = Object.fromEntries(questions.map(({ variable, default: value = '' }) => [variable, value]));

/**
 * Renders the template as Rancher does: first the Go template (this one uses only `if eq`, `if ne` and `end`), then the
 * answers.
 */
function render(answers: Answers): Service {
  const stack: boolean[] = [];
  const lines = textOf('0', 'docker-compose.yml.tpl')
    .split('\n')
    .filter(line => {
      const [, verb, variable = '', value] = /^\{\{- (?:if (eq|ne) \.Values\.(\w+) "(\w*)"|end) \}\}$/.exec(line) ?? [];
      const isTag = line.startsWith('{{');
      if (isTag && verb) stack.push((answers[variable] === value) === (verb === 'eq'));
      else if (isTag) stack.pop();
      return !isTag && !stack.includes(false);
    });
  assert.deepEqual(stack, [], 'every if has its end');
  const text = lines
    .join('\n')
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => JSON.stringify(answers[name] ?? assert.fail(`no question for ${name}`)));
  return (parse(text) as { 'ecr-courier': Service })['ecr-courier'];
}
/** Loads the configuration of the service. `injected`: the variables that Rancher adds because of the labels. */
function configOf({ environment, labels }: Service): Promise<Config> {
  const injected = { CATTLE_URL: 'http://rancher:8080/v1', CATTLE_ACCESS_KEY: 'AGENT', CATTLE_SECRET_KEY: 'agent-secret' };
  return load({ env: { ...(labels['io.rancher.container.create_agent'] === 'true' && injected), ...environment }, adapters });
}

test('the item has its parts, and says one version', () => {
  const about = parse(textOf('config.yml')) as { name: string; version: string; category: string };
  const { version } = JSON.parse(readFileSync(join(item, '../../package.json'), 'utf8')) as { version: string };

  assert.deepEqual(readdirSync(item).sort(), ['0', 'catalogIcon-ecr-courier.svg', 'config.yml']);
  assert.deepEqual(readdirSync(join(item, '0')).sort(), ['README.md', 'docker-compose.yml.tpl', 'rancher-compose.yml']);
  assert.equal(about.category, 'Applications');
  assert.deepEqual([about.name, about.version], [compose['.catalog'].name, version]);
  assert.deepEqual([compose['.catalog'].version, defaults['image']], [version, `ghcr.io/ecr-courier/ecr-courier:${version}`]);
});

test('for environment templates the guide names the folder that their editor shows', () => {
  const guide = readFileSync(join(item, '../../docs/rancher.md'), 'utf8');
  const [, catalog = ''] = guide.split('### From the catalog\n');
  assert.match(catalog.split('\n#')[0] ?? '', /`infra-templates\/ecr-courier`.* environment templates/);
});

test('the icon is a small drawing and nothing else', () => {
  const icon = textOf('catalogIcon-ecr-courier.svg');

  assert.ok(icon.length < 2000);
  assert.match(icon, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.doesNotMatch(icon.replace('http://www.w3.org/2000/svg', ''), /<script|<image|href|https?:|on\w+=/i);
});

test('answers of the former item carry over: the same variables, the same defaults', () => {
  const former = {
    aws_access_key_id: '',
    aws_secret_access_key: '',
    aws_region: 'us-east-1',
    auto_create: 'false',
    log_level: 'INFO',
    registry_in_which_environment: 'current',
    environment_api_endpoint: '',
    environment_api_access_key: '',
    environment_api_secret_key: '',
  };

  for (const [variable, value] of Object.entries(former)) assert.equal(defaults[variable], value, variable);
  assert.deepEqual(
    Object.keys(defaults).filter(variable => !(variable in former)),
    ['image', 'aws_ecr_registry_ids', 'aws_role_arn'],
  );
});

test('old answers in any spelling are still answers, and mean what they meant', async () => {
  const typeOf = (name: string): string | undefined => questions.find(({ variable }) => variable === name)?.type;
  assert.deepEqual([typeOf('auto_create'), typeOf('log_level')], ['string', 'string'], 'a list of options would refuse all but its own');

  for (const auto_create of ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']) {
    const { targets } = await configOf(render({ ...defaults, auto_create }));
    assert.equal(targets[0]?.create, /^(1|t)/i.test(auto_create), auto_create);
  }
  const levels = {
    debug: 'debug',
    info: 'info',
    Info: 'info',
    WARN: 'warn',
    WARNING: 'warn',
    warning: 'warn',
    error: 'error',
    fatal: 'error',
    panic: 'error',
  };
  for (const [log_level, level] of Object.entries(levels))
    assert.equal((await configOf(render({ ...defaults, log_level }))).log.level, level, log_level);
});

test('the questions are well formed', () => {
  assert.equal(new Set(questions.map(({ variable }) => variable)).size, questions.length);
  for (const { variable, label, type, required, default: value = '', options } of questions) {
    assert.ok(label, variable);
    assert.ok(['string', 'password', 'enum'].includes(type), variable);
    assert.equal(type === 'enum', options?.includes(value) ?? false, `${variable}: a default among its options`);
    assert.equal(/secret/.test(variable), type === 'password', `${variable} is masked`);
    assert.ok(!required || value, `${variable}: nothing has to be filled in`);
  }
});

describe('what is launched', () => {
  test('current: the labels bring the key, and nothing overrules it', async () => {
    const service = render(defaults);
    const { targets, warnings } = await configOf(service);

    assert.equal(service.labels['io.rancher.container.agent.role'], 'environment');
    assert.deepEqual(
      Object.keys(service.environment).filter(name => name.startsWith('CATTLE')),
      [],
    );
    assert.deepEqual(
      targets.map(({ kind, create, registries }) => [kind, create, registries.length]),
      [['rancher', false, 0]],
    );
    assert.match(warnings.join(), /^CATTLE_URL is plain http[^,]*$/);
  });

  test('other: the answers bring the key, and no label asks for one', async () => {
    const answers = {
      registry_in_which_environment: 'other',
      environment_api_endpoint: 'https://rancher.test/v2-beta/projects/1a7',
      environment_api_access_key: 'OTHER',
      environment_api_secret_key: 'other-secret',
    };
    const service = render({ ...defaults, ...answers });
    const { targets } = await configOf(service);

    assert.deepEqual(Object.keys(service.labels), ['io.rancher.container.pull_image']);
    assert.equal(targets[0]?.options['url'], answers.environment_api_endpoint);
    assert.equal(targets[0]?.options['accessKey'], 'OTHER');
  });

  test('every answer has its effect', async () => {
    const account = '111111111111';
    const role = `arn:aws:iam::${account}:role/pull`;
    const service = render({
      ...defaults,
      aws_region: 'eu-west-1',
      aws_ecr_registry_ids: account,
      aws_role_arn: role,
      auto_create: 'true',
      log_level: 'DEBUG',
    });
    const { targets, sources, log, server } = await configOf(service);

    assert.equal(service.image, defaults['image']);
    assert.deepEqual(
      [targets[0]?.create, targets[0]?.registries.map(({ host }) => host)],
      [true, [`${account}.dkr.ecr.eu-west-1.amazonaws.com`]],
    );
    assert.deepEqual([sources[0]?.roleArn, log.level, server.listen.host], [role, 'debug', '0.0.0.0']);
  });

  test('the courier knows every variable, and every question is used', () => {
    const known = new Set([...variables(adapters).map(({ name }) => name), 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']);
    const template = textOf('0', 'docker-compose.yml.tpl');

    for (const mode of ['current', 'other'])
      for (const name of Object.keys(render({ ...defaults, registry_in_which_environment: mode }).environment))
        assert.ok(known.has(name), name);
    for (const { variable } of questions) assert.ok(template.includes(`{${variable}}`) || template.includes(`.${variable} `), variable);
  });

  test('the health check asks a door that is there, on the port that is listened on', async () => {
    const { health_check: check, scale } = compose['ecr-courier'];
    const { server } = await configOf(render(defaults));
    const [, door = ''] = /^GET "(\/\w+)" "HTTP\/1\.0"$/.exec(String(check['request_line'])) ?? [];

    assert.equal(scale, 1);
    assert.equal(check['port'], server.listen.port);
    assert.ok(readFileSync(join(item, '../../src/observe/doors.ts'), 'utf8').includes(`'${door}'`));
    assert.equal(check['strategy'], 'recreate');
  });
});
