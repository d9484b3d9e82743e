import assert from 'node:assert/strict';
import { asFailure, type FailureCode } from '../../../src/contract/failures.ts';
import type { Reply } from '../../fakes/server.ts';
import type { Check } from '../contract.ts';
import { assertCode, defined, failureOf, type Scene, type Subject, slotOf } from './scene.ts';

/** The failure code of a delivery by the status of its response, unless the suite overrides it (`codes`). */
const usualCodes: Readonly<Record<number, FailureCode>> = {
  307: 'MISCONFIGURED',
  401: 'AUTH',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  408: 'BUSY',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  422: 'REJECTED',
  429: 'BUSY',
  500: 'UNEXPECTED',
  502: 'UNREACHABLE',
  503: 'BUSY',
  504: 'UNREACHABLE',
};
/** Statuses that must fail, with whatever code. */
const otherStatuses = [300, 302, 304, 400, 402, 405, 406, 407, 410, 411, 412, 415, 417, 418, 423, 426, 428, 431, 451, 499, 501, 520];
/** Statuses that a proxy sends in place of the manager, which may still be processing the request. */
const ofProxies = new Set([502, 504]);

/** Statuses after which an adapter may send the write again: after a new login (401), or after a merge (409). */
const triedAgain = new Set([401, 409]);

/** Responses of an intermediary in front of the manager that carry a success status but are not success. */
const pages: readonly Reply[] = [
  { status: 200, text: '<!doctype html><title>Log in</title>' },
  { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, text: 'Please log in.' },
  { status: 200, text: '<!-- gateway -->\n<HTML><body>Blocked</body></HTML>' },
  { status: 200, headers: { 'content-type': 'application/xhtml+xml' }, text: '<?xml version="1.0"?><html/>' },
  { status: 201, text: '<html><body>Log in</body></html>' },
  { status: 202, text: '<html><body>Log in</body></html>' },
  { status: 203, text: '<html><body>Log in</body></html>' },
  { status: 200, json: { error: 'log in first' } },
];

/** Registers the checks of how deliveries and rehearsals treat responses that are not success. */
export function checkAnswering<Ref>(check: Check<Ref>, ownCodes: Readonly<Partial<Record<number, FailureCode>>> = {}): void {
  for (const [status, code] of Object.entries({ ...usualCodes, ...ownCodes })) checkStatus(check, Number(status), code ?? 'UNEXPECTED');
  checkNoSuccess(check, 'an update', otherStatuses, scene => ({ host: scene.mine, wanted: [] }));
  const statuses = Object.keys(usualCodes).map(Number);
  checkNoSuccess(check, 'a creation', [400, ...statuses], scene => ({ host: scene.absent, wanted: [scene.absent] }));
  checkRehearsal(check);
}

function checkStatus<Ref>(check: Check<Ref>, status: number, code: FailureCode): void {
  check(`${status} to a write is ${code}`, ['faults'], async scene => {
    const slot = slotOf(await scene.discover(), scene.mine);
    const given = scene.credentials(scene.mine);
    const headers = { location: 'https://elsewhere.test/', 'retry-after': '7' };
    const spoiled = scene.spoil('writes', { status, headers, text: `no ${slot?.id}: ${scene.quotation()}` });
    const failure = await failureOf(`a write that is answered with ${status}`, scene.deliver(slot, given));
    const asked = `${spoiled.asked()} was answered with ${status}`;
    assertCode(failure, code, asked);
    const mayLand = ofProxies.has(status);
    assert.equal(failure.facts.mayLand ?? false, mayLand, `${asked}: it ${mayLand ? 'may still land' : 'cannot land'}: facts.mayLand`);
    if (!triedAgain.has(status)) assert.equal(spoiled.count(), 1, `${asked}: it must not be sent again, the courier knows when to`);
    if (code === 'BUSY') assert.equal(failure.facts.retryAfterMs, 7_000, `${asked} and retry-after: 7: facts.retryAfterMs`);
  });
}

/**
 * `what` names the write in messages; `of` returns the host to write and the hosts that the target's `registries:` ask
 * for.
 */
function checkNoSuccess<Ref>(
  check: Check<Ref>,
  what: 'an update' | 'a creation',
  statuses: readonly number[],
  of: (scene: Scene<Ref>) => { readonly host: string; readonly wanted: readonly string[] },
): void {
  const refused = async (scene: Scene<Ref>, replies: readonly Reply[]): Promise<void> => {
    const { host, wanted } = of(scene);
    const slot = slotOf(await scene.discover({ wanted }), host);
    // One credential for all replies: the final search for leaked secrets checks every issued one.
    const given = scene.credentials(host);
    for (const reply of replies) {
      const spoiled = scene.spoil('writes', reply);
      const said = `${what} that is answered with ${shown(reply)}`;
      const failure = await failureOf(said, scene.deliver(slot, given, { wanted }));
      if (reply.status < 300) assert.equal(failure.facts.mayLand ?? false, false, `${spoiled.asked()} cannot land: facts.mayLand`);
    }
  };
  const subjects: readonly Subject[] = what === 'a creation' ? ['creations', 'faults'] : ['faults'];
  check(`${what} that is answered with no success has failed, whatever the status`, subjects, scene =>
    refused(
      scene,
      statuses.map(status => ({ status, text: 'no' })),
    ),
  );
  check(`${what} that is answered with a success of something else has failed`, subjects, scene => refused(scene, pages));
}

function checkRehearsal<Ref>(check: Check<Ref>): void {
  check('a rehearsal that is answered with a success of something else proves nothing, if it rehearses', ['faults'], async scene => {
    const slot = defined(slotOf(await scene.discover(), scene.mine), scene.mine);
    const given = scene.credentials(scene.mine);
    for (const page of pages) {
      scene.spoil('all', page);
      const receipt = await scene.rehearse(slot, given).catch(asFailure);
      const proven = receipt !== undefined && 'proven' in receipt && receipt.proven;
      assert.notEqual(proven, true, `a rehearsal was answered with ${shown(page)}: that proves nothing`);
    }
  });
}

const shown = ({ status, text, json }: Reply): string => `${status} and ${text ?? JSON.stringify(json)}`;
