/**
 * Runs before each script of package.json and checks the version of Node: an older Node cannot read TypeScript, and its
 * own error does not help. Uses only syntax that every Node reads. Also warns where JSON goes to a pipe, as npm prints
 * the script's name before it, and no npm setting hides that but keeps errors.
 */
const { engines } = require('../package.json');

const [least, ours] = [engines.node, process.versions.node].map(text => text.replace(/[^\d.]/g, '').split('.').map(Number));

if (ours[0] < least[0] || (ours[0] === least[0] && ours[1] < least[1])) {
  process.stderr.write(
    `This needs Node ${least.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'Run `npm ci` without --ignore-scripts, which puts such a Node into node_modules, and start this with npm.\n',
  );
  process.exit(1);
}

const { npm_lifecycle_event: script, npm_config_loglevel: loudness } = process.env;
if (script === 'start' && loudness !== 'silent' && !process.stdout.isTTY && process.argv.includes('--json'))
  process.stderr.write('npm has written the name of the script before this JSON. Without it: npm start -s -- COMMAND --json\n');
