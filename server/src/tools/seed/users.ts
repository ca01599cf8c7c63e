import type { Scene } from './scene.js';

/** The first `count` dummies. */
export async function seedUsers({ cast, step }: Scene, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    await cast.create(number);
    step();
  }
}
