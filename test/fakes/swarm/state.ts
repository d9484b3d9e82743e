import { randomInt } from 'node:crypto';
import type { RollOut, Spec } from './spec.ts';

export type TaskState = 'assigned' | 'running' | 'complete' | 'failed' | 'rejected' | 'shutdown';

export interface Task {
  readonly id: string;
  /** From 1. 0 for a task of a global service and for the first one of a job. */
  readonly slot: number;
  readonly spec: Spec;
  /** The X-Registry-Auth header, if any. */
  readonly auth: string | undefined;
  /** Wall clock, in ms. */
  readonly created: number;
  /** For a job: how often it was started before. */
  readonly iteration: number | undefined;
  /** The number of failed tasks in its slot before it, since the last roll-out. */
  readonly attempt: number;
  state: TaskState;
  desired: 'running' | 'shutdown' | 'complete';
  updated: number;
  message?: string;
  error?: string;
  /** The digest of its image. */
  image?: string;
  /** When an ended task is replaced. */
  restartAt?: number;
}

export type Progress = 'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed';
export interface UpdateStatus {
  readonly state: Progress;
  readonly message: string;
  readonly started: number;
  readonly completed?: number;
}

/** A roll-out in progress. */
export interface Rolling {
  readonly plan: RollOut;
  readonly way: 'update' | 'rollback';
  readonly slots: number[];
  nextAt: number;
  /** A failed task of the roll-out, which is handled at `nextAt`. */
  failed?: Task;
}

/** A Spec and its login. */
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
/** Makes the id of a service, task, node or network. */
export const newId = (): string => Array.from({ length: 25 }, () => alphabet[randomInt(alphabet.length)]).join('');
