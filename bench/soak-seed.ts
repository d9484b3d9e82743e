/**
 * Runs one seed of the soak in a process of its own, so that the secrets of one are not searched for in the texts of
 * another.
 */

import { observers } from '../test/courier/observers.ts';
import { hours } from '../test/courier/rig.ts';
import { soak } from '../test/courier/soak.ts';
import { serveOrders } from './processes.ts';

await serveOrders<{ seed: number; hours: number }>(order => soak(order.seed, order.hours * hours, observers()));
