import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProfiles } from './measure/hot-spots.js';
import { hotSpotList } from './report/hot-spot-list.js';
import { ParleyCluster } from './runner/parley-cluster.js';
import { newSecret, ParleyServer, ROOT } from './runner/parley-server.js';
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
  async withServer<T>(
    name: string,
    use: (server: ParleyServer) => Promise<T>,
    data: { dataDir: string; jwtSecret: string; env?: NodeJS.ProcessEnv } = this.newData(name),
  ): Promise<T> {
    const { profile, resultDir } = this.#options;
    const profileDir = profile ? join(resultDir, 'profiles', name) : null;
    const server = await ParleyServer.start({ ...data, profileDir });
    try {
      return await use(server);
    } finally {
      await server.stop();
      rmSync(data.dataDir, { recursive: true, force: true });
      if (profileDir !== null) this.#listHotSpots(profileDir);
    }
  }

  /** Runs something against a whole cluster of its own, services included. */
  async withCluster<T>(name: string, use: (cluster: ParleyCluster) => Promise<T>): Promise<T> {
    const { profile, resultDir } = this.#options;
    const dataDir = this.newDataDir(name);
    const profileDir = profile ? join(resultDir, 'profiles', name) : null;
    const cluster = await ParleyCluster.start({ dataDir, profileDir }, (what) => this.progress.step(`${name}: ${what}`));
    try {
      return await use(cluster);
    } finally {
      this.progress.step(`${name}: ending all of it`);
      await cluster.stop();
      rmSync(dataDir, { recursive: true, force: true });
      if (profileDir !== null) for (const server of cluster.servers) this.#listHotSpots(join(profileDir, server.name));
    }
  }

  /** A fresh store, and the secret that tokens for it are signed with. */
  newData(name: string): { dataDir: string; jwtSecret: string } {
    return { dataDir: this.newDataDir(name), jwtSecret: newSecret() };
  }

  #listHotSpots(profileDir: string): void {
    const list = join(profileDir, 'hot-spots.txt');
    writeFileSync(list, hotSpotList(readProfiles(profileDir, ROOT)));
    this.progress.step(`where the time went: ${list}`);
  }

  close(): void {
    rmSync(this.#options.dataRoot, { recursive: true, force: true });
  }
}
