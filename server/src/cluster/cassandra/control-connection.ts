import type { Client } from 'cassandra-driver';

/** What is touched here of the driver's inside, as it is in 4.10.0. */
interface Inside {
  controlConnection: {
    connection: Connection | null;
    _borrowAConnection(hosts: Iterator<unknown>): Connection;
    _refreshControlConnection(hosts: Iterator<unknown>): Promise<void>;
  };
}
interface Connection {
  close(): void;
}

/**
 * After no node could be reached for a while, the driver dials the contact points anew and makes another object of a host
 * that it has already: the old one goes on dialling too, and from then on each such time doubles the connections, which
 * `shutdown` does not close either. Without that it waits until one of the hosts that it has is there again. What is lost
 * is that it would find a ring of which all nodes have new addresses.
 */
export function keepHosts(client: Client): void {
  const { controlConnection } = client as unknown as Inside;
  controlConnection._refreshControlConnection = async (hosts) => {
    controlConnection.connection = controlConnection._borrowAConnection(hosts);
  };
}

/** Closes a client that could not connect: `shutdown` leaves the connection on which it learned why. */
export async function abandon(client: Client): Promise<void> {
  await client.shutdown();
  (client as unknown as Inside).controlConnection.connection?.close();
}
