import { type Clock, clock } from '../../src/contract/clock.ts';

/** The machine's clock, sped up by a factor, so that tests with real sockets need not wait. */
export function fastClock(factor: number): Clock {
  const wall = clock.wall();
  const mono = clock.mono();
  return {
    wall: () => Math.round(wall + (clock.wall() - wall) * factor),
    mono: () => (clock.mono() - mono) * factor,
    sleep: (ms, signal) => clock.sleep(ms / factor, signal),
  };
}
