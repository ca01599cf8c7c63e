import { findProgram, needProgram, type Program } from './programs.js';
import { run } from './run.js';

/** Cassandra 5.0 runs on these and refuses later ones. */
const VERSIONS = [17, 11];
const VERSION_MAX_MS = 20_000;

const PACKAGE = 'openjdk-17-jre-headless';
const FOLDERS = VERSIONS.flatMap((version) => [
  `/usr/lib/jvm/java-${version}-openjdk-amd64/bin`,
  `/usr/lib/jvm/java-${version}-openjdk-arm64/bin`,
  `/usr/lib/jvm/java-${version}-openjdk/bin`,
  `/opt/homebrew/opt/openjdk@${version}/bin`,
]);

/** A Java that Cassandra accepts: that of JAVA_HOME, that on the path, or one in its usual place. */
export async function needJava(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  for (const folders of [home === undefined ? [] : [`${home}/bin`], [], FOLDERS]) {
    const found = findProgram({ name: 'java', package: PACKAGE, folders });
    if (found !== null && (await isAccepted(found))) return found;
  }
  const usual: Program = { name: 'java', package: PACKAGE, folders: FOLDERS };
  const java = await needProgram(usual);
  if (await isAccepted(java)) return java;
  throw new Error(`Cassandra needs Java ${VERSIONS.join(' or ')}, and ${java} is another: install ${PACKAGE}, or set JAVA_HOME`);
}

async function isAccepted(java: string): Promise<boolean> {
  const { said } = await run(java, ['-version'], { withinMs: VERSION_MAX_MS });
  return VERSIONS.includes(Number(/version "(\d+)/.exec(said)?.[1]));
}
