import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newSecret, ParleyServer } from './runner/parley-server.js';
import type { Progress } from './runner/progress.js';

export interface LabOptions {
  /** Where data is kept during the run. On the disk that is to be measured. */
  dataRoot: string;
  resultDir: string;
  /** Run servers under V8's profiler. */
  profile: boolean;
  progress: Progress;
}

/** What every scenario needs: places, servers and a voice. */
export class Lab {
  readonly progress: Progress;
  readonly resultDir: string;
  readonly #options: LabOptions;
  #dirs = 0;

  constructor(options: LabOptions) {
    this.progress = options.progress;
    this.resultDir = options.resultDir;
    this.#options = options;
  }

  /** A folder of its own, gone after the run. */
  newDataDir(name: string): string {
    this.#dirs += 1;
    const dir = join(this.#options.dataRoot, `${name}-${this.#dirs}`);
    mkdirSync(dir, { recursive: true });
    return dir;
  }

  /** Runs something against a server of its own. */
  async withServer<T>(name: string, use: (server: ParleyServer) => Promise<T>, data = this.newData(name)): Promise<T> {
    const { profile, resultDir } = this.#options;
    const server = await ParleyServer.start({ ...data, profileDir: profile ? join(resultDir, 'profiles', name) : null });
    try {
      return await use(server);
    } finally {
      await server.stop();
      rmSync(data.dataDir, { recursive: true, force: true });
    }
  }

  /** A fresh store, and the secret that tokens for it are signed with. */
  newData(name: string): { dataDir: string; jwtSecret: string } {
    return { dataDir: this.newDataDir(name), jwtSecret: newSecret() };
  }

  close(): void {
    rmSync(this.#options.dataRoot, { recursive: true, force: true });
  }
}
