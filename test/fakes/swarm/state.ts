import { randomInt } from 'node:crypto';
import type { RollOut, Spec } from './spec.ts';

export type TaskState = 'assigned' | 'running' | 'complete' | 'failed' | 'rejected' | 'shutdown';

export interface Task {
  readonly id: string;
  /** From 1; 0 for a task of a global service, and for the first one of a job. */
  readonly slot: number;
  readonly spec: Spec;
  /** As it came in X-Registry-Auth; undefined: none. */
  readonly auth: string | undefined;
  /** Wall clock, ms. */
  readonly created: number;
  /** Of a job: how often it had been started before. */
  readonly iteration: number | undefined;
  /** How many tasks of its slot have failed before it, since the last roll-out. */
  readonly attempt: number;
  state: TaskState;
  desired: 'running' | 'shutdown' | 'complete';
  updated: number;
  message?: string;
  error?: string;
  /** The digest of the image that it runs. */
  image?: string;
  /** When another one takes its place, as it has ended. */
  restartAt?: number;
}

export type Progress = 'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed';
export interface UpdateStatus {
  readonly state: Progress;
  readonly message: string;
  readonly started: number;
  readonly completed?: number;
}

/** A roll-out that is under way. */
export interface Rolling {
  readonly plan: RollOut;
  readonly way: 'update' | 'rollback';
  readonly slots: number[];
  nextAt: number;
  /** A task of it that has failed, which is acted upon at that moment. */
  failed?: Task;
}

/** A Spec with the login that came with it. */
export interface Given {
  readonly spec: Spec;
  readonly auth: string | undefined;
}

export interface Service {
  readonly id: string;
  readonly created: number;
  version: number;
  updated: number;
  now: Given;
  previous?: Given | undefined;
  status?: UpdateStatus | undefined;
  rolling?: Rolling | undefined;
  iteration: number;
  executed?: number;
  tasks: Task[];
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Of a service, task, node or network of a Swarm. */
export const newId = (): string => Array.from({ length: 25 }, () => alphabet[randomInt(alphabet.length)]).join('');
