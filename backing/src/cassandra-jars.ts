import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { needProgram } from './programs.js';
import { mustRun } from './run.js';
import { say } from './say.js';

export const CASSANDRA_VERSION = '5.0.6';
const FETCH_MAX_MS = 600_000;

/** The folder with Cassandra's jars; fetched once for each machine. `PARLEY_CACHE`: where such things are kept. */
export async function cassandraJars(): Promise<string> {
  const cache = process.env['PARLEY_CACHE'] ?? join(homedir(), '.cache', 'parley');
  const folder = join(cache, `cassandra-${CASSANDRA_VERSION}`);
  if (!existsSync(folder)) await fetchInto(folder);
  return folder;
}

/** Beside its place and then moved there: complete or not there, also when two fetch at once. */
async function fetchInto(folder: string): Promise<void> {
  const maven = await needProgram({ name: 'mvn', package: 'maven' });
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    say(`fetching Cassandra ${CASSANDRA_VERSION} from Maven Central, once, into ${folder}`);
    writeFileSync(join(unfinished, 'pom.xml'), POM);
    await mustRun(
      'fetching Cassandra with Maven',
      maven,
      ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'],
      { withinMs: FETCH_MAX_MS, cwd: unfinished },
    );
    moveUnlessThere(join(unfinished, 'lib'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error; // else another one was faster, and has the same
  }
}

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>parley</groupId>
  <artifactId>cassandra</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>${CASSANDRA_VERSION}</version>
      <scope>runtime</scope>
    </dependency>
  </dependencies>
</project>
`;
