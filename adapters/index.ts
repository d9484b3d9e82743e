import type { Adapter } from '../src/contract/adapter.ts';
import { argocd } from './argocd.ts';
import { dockerConfig } from './docker-config.ts';
import { harbor } from './harbor.ts';
import { helperCache } from './helper-cache.ts';
import { kubernetes } from './kubernetes.ts';
import { portainer } from './portainer.ts';
import { rancher } from './rancher.ts';
import { rancher2 } from './rancher2.ts';
import { swarm } from './swarm.ts';

/** Every kind of target. The configuration and its reference are made from this list. */
export const adapters = [portainer, harbor, rancher, rancher2, swarm, kubernetes, argocd, dockerConfig, helperCache] as readonly Adapter[];
