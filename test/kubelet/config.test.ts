import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAddress, privateRegistryHost } from '../../src/contract/registry.ts';
import { partitions, patternsFor, type Wish } from '../../src/kubelet/generate.ts';
import { matchImage } from '../../src/kubelet/match.ts';
import { command } from '../commands/cli.ts';
import { folder } from '../config/support.ts';

const all: Wish = {
  accounts: [],
  regions: [],
  partitions: [],
  spellings: ['fips', 'dual-stack'],
  publicHosts: 'with',
  tokenMode: 'off',
  minor: 37,
  name: 'p',
  env: [],
};
const hosts = [
  'eu-west-1',
  'us-gov-west-1',
  'cn-north-1',
  'eusc-de-east-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
].flatMap(region => {
  const plain = privateRegistryHost('123456789012', region);
  const suffix = plain.endsWith('amazonaws.com') ? 'on.aws' : plain.endsWith('com.cn') ? 'on.amazonwebservices.com.cn' : undefined;
  const dual = suffix ? [`123456789012.dkr-ecr.${region}.${suffix}`] : [];
  return [plain, ...dual].flatMap(host => [host, host.replace(/ecr\./, 'ecr-fips.')]).filter(host => parseAddress(host) !== undefined);
});

test('kubelet config covers every host that the courier knows', () => {
  assert.ok(hosts.length >= 20);
  for (const host of [...hosts, 'public.ecr.aws', 'ecr-public.aws.com'])
    assert.ok(
      patternsFor(all).some(pattern => matchImage(pattern, `${host}/app`).matches),
      host,
    );
});

test('kubelet config for accounts, regions and partitions takes these and no others', () => {
  const narrow = patternsFor({ ...all, accounts: ['123456789012'], regions: ['eu-west-1'], spellings: [], publicHosts: 'without' });
  assert.deepEqual(narrow, ['123456789012.dkr.ecr.eu-west-1.amazonaws.com']);
  const china = patternsFor({ ...all, partitions: ['aws-cn'], publicHosts: 'without' });
  assert.deepEqual(
    china.filter(pattern => !pattern.endsWith('.cn')),
    [],
  );
  assert.equal(new Set(patternsFor({ ...all, partitions: [...partitions] })).size, patternsFor(all).length);
});

test('kubelet config for a partition has nothing of another', async () => {
  const patterns = async (...args: string[]) => {
    const { stdout, stderr } = await command(['kubelet', 'config', '--json', ...args]);
    return { stderr, all: (JSON.parse(stdout) as { providers: [{ matchImages: string[] }] }).providers[0].matchImages };
  };
  const gov = await patterns('--partition', 'aws-us-gov');
  assert.match(gov.stderr, /aws-us-gov end in amazonaws\.com.*us-gov-\*/);
  assert.match((await patterns('--partition', 'aws')).stderr, /the patterns match them, too/);
  assert.equal((await patterns('--partition', 'aws,aws-us-gov')).stderr, '');
  for (const partition of partitions) {
    const { all: ones } = await patterns('--partition', partition);
    const covered = (host: string) => ones.some(pattern => matchImage(pattern, `${host}/app`).matches);
    for (const host of [...hosts, 'public.ecr.aws', 'ecr-public.aws.com']) {
      const own = parseAddress(host)?.registry.partition;
      const isShared = partition === 'aws' && own === 'aws-us-gov';
      assert.equal(covered(host), own === partition || isShared, `${partition} ${host}`);
    }
  }
  assert.ok(!(await patterns('--region', 'us-gov-west-1')).all.includes('public.ecr.aws'));
  assert.ok((await patterns('--region', 'us-gov-west-1,us-east-1')).all.includes('public.ecr.aws'));
});

test('what kubelet config prints passes kubelet check, in every form of it', async () => {
  await using files = await folder();
  const { writeFile } = await import('node:fs/promises');
  for (const [index, args] of [
    [],
    ['--json'],
    ['--token-mode', 'optional'],
    ['--token-mode', 'required', '--json'],
    ['--account', '123456789012,210987654321', '--region', 'eu-west-1', '--env', 'AWS_PROFILE=a: "b"\n#c', '--name', 'other'],
    ['--partition', 'aws-iso-f', '--no-public', '--spelling', 'plain'],
  ].entries()) {
    const { stdout, code, stderr } = await command(['kubelet', 'config', ...args]);
    assert.equal(code, 0, stderr);
    await writeFile(files.at(`${index}.yaml`), stdout);
    const check = await command(['kubelet', 'check', files.at(`${index}.yaml`)]);
    assert.match(check.stdout, /^the kubelet of Kubernetes 1\.37 starts with one provider: \S+\n$/, args.join(' '));
    assert.equal(check.code, 0);
  }
});

test('kubelet config writes a token mode that the kubelet of a version knows', async () => {
  await using files = await folder();
  const { writeFile } = await import('node:fs/promises');
  for (const version of ['1.33', '1.34', '1.37']) {
    const { stdout } = await command(['kubelet', 'config', '--token-mode', 'required', '--kubernetes', version]);
    await writeFile(files.at('c.yaml'), stdout);
    assert.equal((await command(['kubelet', 'check', files.at('c.yaml'), '--kubernetes', version])).code, 0, version);
  }
});

test('kubelet config says what is not an account, region, partition, mode, name or variable', async () => {
  for (const [args, said] of [
    [['--account', '12345'], /twelve digits/],
    [['--region', 'Europe'], /eu-west-1 is one/],
    [['--partition', 'azure'], /aws-us-gov/],
    [['--spelling', 'ipv6'], /dual-stack/],
    [['--token-mode', 'on'], /required/],
    [['--name', 'a/b'], /not a name/],
    [['--env', 'AWS_PROFILE'], /NAME=VALUE/],
    [['--account', ''], /twelve digits/],
    [['--region', 'us-east-1', '--partition', 'aws-cn'], /us-east-1 is of the partition aws, and --partition says aws-cn/],
    [['--env', '=x'], /--env has no name/],
    [['--spelling', 'FIPS'], /plain, fips, dual-stack/],
    [['--kubernetes', '1.32', '--token-mode', 'optional'], /1\.33 and newer/],
    [['--kubernetes', '1.25'], /since Kubernetes 1\.26/],
  ] as const) {
    const { code, stderr } = await command(['kubelet', 'config', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, said);
  }
});

test('explain says which pattern matches, who answers and for how long, or why no pattern does', async () => {
  await using files = await folder();
  const { writeFile } = await import('node:fs/promises');
  await writeFile(files.at('c.yaml'), (await command(['kubelet', 'config', '--spelling', 'plain', '--env', 'AWS_PROFILE=nodes'])).stdout);
  const explain = async (image: string): Promise<string> =>
    (await command(['explain', image, '--offline', '--provider-config', files.at('c.yaml')], { HOME: files.path })).stdout;
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const hit = await explain(`${host}/team/app:1@sha256:${'a'.repeat(64)}`);
  for (const word of [
    `asks for ${host}/team/app:`,
    'is asked: *.dkr.ecr.*.amazonaws.com matches',
    'account 123456789012, region eu-west-1',
    'source default, profile "nodes"',
    '6h0m0s',
  ])
    assert.ok(hit.includes(word), `${word} in ${hit}`);
  const fips = await explain('123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/app');
  assert.match(fips, /is not asked: none.*\n.*"\*\.dkr\.ecr\.\*\.amazonaws\.com".*: ecr does not match ecr-fips\n[^]*asks no provider/);
  assert.match(await explain('nginx'), /completes short names/);
  assert.match(await explain(`${host}:443/app:2`), /port is none, that of the image is 443/);
  assert.match(await explain(`${host}:443/app:2`), /a pattern needs the port as well: "\*\.dkr\.ecr\.\*\.amazonaws\.com:443"/);
  assert.doesNotMatch(await explain('other.example:443/app:2'), /needs the port/);
  // There is one line for each reason, whatever the number of patterns.
  const reasons = (await explain('ghcr.io/a')).split('\n').filter(line => line.startsWith('    '));
  assert.ok(
    reasons.every(line => /^ {4}(\d+ patterns, ".*" among them|"[^"]*"): /.test(line)),
    reasons.join('\n'),
  );
  assert.equal(new Set(reasons.map(line => line.replace(/^.*?": |^.*?them: /, ''))).size, reasons.length);
  assert.match(hit, /environment of this shell.*without HOME/);
  assert.match(await explain('public.ecr.aws/a'), /identity: source default/);
  const others = (await command(['kubelet', 'config', '--name', 'ecr-credential-provider'])).stdout;
  await writeFile(files.at('c.yaml'), others);
  assert.match(await explain(`${host}/a`), /is its own matter/);
  assert.doesNotMatch(await explain(`${host}/a`), /identity:|6h/);
  const role = 'arn:aws:iam::123456789012:role/puller';
  await writeFile(
    files.at('c.yaml'),
    (await command(['kubelet', 'config', '--token-mode', 'optional', '--env', `AWS_ECR_ROLE_ARN=${role}`])).stdout,
  );
  assert.match(await explain(`${host}/a`), /ecr-role-arn, else .*role-arn, else arn:aws:iam::123456789012:role\/puller/);
  assert.doesNotMatch(await explain(`${host}/a`), /it is not asked|not passed on/);
  const [ofEcr, ofIrsa] = ['eks.amazonaws.com/ecr-role-arn', 'eks.amazonaws.com/role-arn'] as const;
  const whole = await readFile(files.at('c.yaml'), 'utf8');
  const note = async (): Promise<string> => {
    const { code, stdout } = await command(['kubelet', 'check', files.at('c.yaml')]);
    assert.equal(code, 0, stdout);
    return stdout.split('\n').find(line => line.includes('does not pass on')) ?? '';
  };
  assert.equal(await note(), '');
  for (const [gone, said, missing] of [
    [[ofIrsa], /role: the annotation eks\.amazonaws\.com\/ecr-role-arn, else arn:\S+; without/, /lacks eks\.amazonaws\.com\/role-arn:/],
    [[ofEcr], /role: the annotation eks\.amazonaws\.com\/role-arn, else arn:/, /lacks eks\.amazonaws\.com\/ecr-role-arn:/],
    [[ofEcr, ofIrsa], /role: arn:\S+; without any/, /lacks \S+\/ecr-role-arn and \S+\/role-arn:/],
  ] as const) {
    const left = gone.reduce((text, key) => text.replace(new RegExp(`^ *- "${key}"\n`, 'm'), ''), whole);
    await writeFile(files.at('c.yaml'), gone.length === 2 ? left.replace(/^.*AnnotationKeys:\n/m, '') : left);
    const told = await explain(`${host}/a`);
    assert.match(told, said);
    for (const key of gone) assert.ok(told.includes(`the annotation ${key} is not passed on to it`), told);
    assert.match(await note(), missing);
  }
  const bad = await command(['explain', `${host}/a`, '--offline', '--provider-config', files.at('absent')]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^the kubelet\n {2}it does not start with \S+absent: `ecr-courier kubelet check \S+absent` tells why$/m);
});

test('explain says of what is not an image that it is none', async () => {
  await using files = await folder({ 'c.yaml': (await command(['kubelet', 'config'])).stdout });
  const explain = (image: string) => command(['explain', image, '--offline', '--provider-config', files.at('c.yaml')]);
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  for (const [image, shown] of [
    [`${host}:latest`, host],
    [`${host}/:latest`, host],
    [`${host}@sha256:aa`, host],
  ] as const) {
    const { code, stdout, stderr } = await explain(image);
    assert.deepEqual([code, stdout], [2, ''], image);
    assert.ok(stderr.includes(`${shown} is a registry, and no image in it: write ${shown}/REPOSITORY`), stderr);
  }
  // A registry without a repository can be explained too, although the kubelet asks only for images.
  for (const [registry, shown] of [
    [host, host],
    [`${host}/`, host],
    [`${host}:443`, `${host}:443`],
    ['public.ecr.aws', 'public.ecr.aws'],
  ] as const) {
    const { code, stdout } = await explain(registry);
    assert.equal(code, 0);
    assert.ok(stdout.includes(`the kubelet\n  ${shown} is a registry, and no image in it: write ${shown}/REPOSITORY, as`), stdout);
  }
  assert.match((await explain(`https://${host}/app`)).stdout, /the kubelet\n.*no scheme: leave https:\/\/ out/);
  for (const image of ['redis:7.2', 'redis', 'localhost/app', `${host}/app:1.2@sha256:${'a'.repeat(64)}`])
    assert.equal((await explain(image)).code, 0, image);
  assert.equal((await explain(`${host}:443/app`)).code, 1, 'an image, and no provider is asked for it');
});

test('explain reads the configuration that the provider reads', async () => {
  await using files = await folder({
    '.config/ecr-courier/config.yaml':
      'sources:\n  - {name: b, accounts: ["123456789012"], profile: of-b}\n  - name: default\ntargets: 7\n',
    'other.yaml': 'sources: [{name: other, accounts: ["123456789012"]}]\n',
  });
  const { writeFile } = await import('node:fs/promises');
  const explain = async (image: string, ...more: string[]): Promise<string> => {
    const { stdout, stderr } = await command(['explain', image, '--offline', '--provider-config', files.at('c.yaml'), ...more], {
      HOME: files.path,
    });
    return `${stdout}${stderr}`;
  };
  const configure = async (...args: string[]) => writeFile(files.at('c.yaml'), (await command(['kubelet', 'config', ...args])).stdout);
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  await configure();
  assert.match(await explain(`${host}/app`), /identity: source b, profile "of-b"/);
  assert.match(await explain(`${host}/app`, '--config', files.at('other.yaml')), /identity: source other/);
  await configure('--env', `ECR_COURIER_CONFIG=${files.at('other.yaml')}`);
  assert.match(await explain(`${host}/app`), /identity: source other/);
});

test('the commands of the guide do what it says', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../docs/kubelet.md'), 'utf8');
  const lines = [...guide.matchAll(/^ecr-courier (kubelet config.*)$/gm)].map(([, line = '']) => line);
  assert.ok(lines.length >= 5);
  for (const line of lines) {
    const { code, stdout, stderr } = await command(line.split(' '));
    assert.deepEqual([code, stderr], [0, ''], line);
    assert.match(stdout, /^kind: "CredentialProviderConfig"$/m);
  }
  assert.match(guide, /\*\.dkr\.ecr\.\*\.amazonaws\.com/);
});
