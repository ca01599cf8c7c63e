import type { Chart, Figure } from '../findings.js';
import { cpuOfOurs, totalOf, type Counted } from '../runner/cluster-meter.js';
import type { MeasuredClusterLoad } from '../runner/measured-cluster-load.js';

const MICROS = 1_000_000;

/** What else the machine did meanwhile belongs to every figure. */
export const loadNote = ({ machineLoad }: MeasuredClusterLoad): string => `machine load ${machineLoad.toFixed(1)}`;

/** CPU of all of our processes, of every role, for each message or delivery. */
export function cpuFigure(id: string, name: string, measured: MeasuredClusterLoad): Figure {
  const per = measured.load.window.delivered;
  const { ours, stores } = measured.cost;
  const each = (seconds: number) => Math.round((seconds * MICROS) / per);
  const list = (of: Record<string, number>) => Object.entries(of).map(([who, seconds]) => `${who} ${each(seconds)}`);
  return {
    id,
    name,
    value: (cpuOfOurs(measured.cost) * MICROS) / per,
    unit: 'µs',
    note: `${list(ours).join(', ')}; beside them ${list(stores).join(', ')} µs`,
  };
}

export function cpuSplit(title: string, { cost, load }: MeasuredClusterLoad): Chart {
  const points = Object.entries({ ...cost.ours, ...cost.stores }).map(([x, seconds]) => ({
    x,
    y: (seconds * MICROS) / load.window.delivered,
  }));
  return { title, kind: 'bars', xLabel: 'process', yLabel: 'µs', points };
}

/** Calls of the stores for each message, as our processes count them, and beside it as the stores do. */
export function countFigures(id: string, measured: MeasuredClusterLoad): Figure[] {
  const { load, cost } = measured;
  const messages = load.window.acknowledged;
  const per = (count: number) => count / messages;
  const counted = (key: keyof Counted) => totalOf(cost, key);
  const commands = Object.entries(cost.redis.byCommand)
    .slice(0, 6)
    .map(([name, calls]) => `${name} ${per(calls).toFixed(2)}`);
  const sender = cost.counted['chat-1'];
  return [
    {
      id: `${id}.postgres`,
      name: '… PostgreSQL calls per message, on the send path',
      value: per(sender.commits),
      unit: '',
      note: `${(sender.committed / sender.commits).toFixed(0)} commands each; at the receivers’ server, for cursors, ${per(cost.counted['chat-2'].commits).toFixed(3)}; PostgreSQL counts ${per(cost.transactions).toFixed(3)} transactions of everybody`,
    },
    {
      id: `${id}.cassandra`,
      name: '… Cassandra rows per message',
      value: per(counted('archiveRows')),
      unit: '',
      note: `in ${per(counted('archiveRequests')).toFixed(2)} requests`,
    },
    {
      id: `${id}.redis`,
      name: '… Redis commands per message',
      value: per(counted('redisCommands')),
      unit: '',
      note: `Redis counts ${per(cost.redis.commands).toFixed(2)} (${commands.join(', ')}), ${(cost.redis.commands / cost.redis.reads).toFixed(1)} to a read`,
    },
  ];
}

export function opensFigures(measured: MeasuredClusterLoad): Figure[] {
  const { load, cost } = measured;
  const [hits, misses] = [totalOf(cost, 'pageHits'), totalOf(cost, 'pageMisses')];
  const opened = load.window.opened / (load.window.ms / 1_000);
  return [
    {
      id: 'cluster.opens.hits',
      name: 'newest pages that came from the cache',
      value: (100 * hits) / (hits + misses),
      unit: '%',
      note: `${hits + misses} opens, ${opened.toFixed(0)}/s; ${load.counts.stale} of them stale`,
    },
    {
      id: 'cluster.opens.p99',
      name: 'opening a conversation: its newest page, p99',
      value: load.opening.p99,
      unit: 'ms',
      note: `p50 ${load.opening.p50.toFixed(1)} ms; ${loadNote(measured)}`,
    },
  ];
}
