import type { Adapter } from '../src/contract/adapter.ts';
import { portainer } from './portainer.ts';

/** Every kind of manager that the courier knows; config and reference are made of this list. */
export const adapters = [portainer] as readonly Adapter[];
