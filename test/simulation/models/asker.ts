/** Who asks: its death ends its sessions, and answers reach it only while it runs. */
export interface Asker {
  run(task: () => void): void;
  readonly state: 'runs' | 'stopped' | 'dead';
  onDeath(run: () => void): void;
}
