import type { Scene } from './scene.js';

/** The first `count` dummies. */
export async function seedUsers(scene: Scene, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    await scene.cast.create(number);
    scene.step();
  }
}
