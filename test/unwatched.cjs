/**
 * Loaded before the tests by `npm test`. node:test watches each promise of a process, so as to know from which test an
 * error escapes: a third of the processor time of simulations, whose promises are millions. Without that, such an error
 * still fails its file, and is shown; run alone, a file names the test as well.
 */
const hooks = require('node:async_hooks');

const { createHook } = hooks;
const none = { enable: () => none, disable: () => none };

hooks.createHook = callbacks => (/node:internal\/test_runner/.test(stack()) ? none : createHook(callbacks));

/** Of who asks, though a test file has switched stacks off by then: node:test asks at the first test. */
function stack() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 10;
  const said = new Error().stack;
  Error.stackTraceLimit = limit;
  return said;
}
