package io.redoubt.junit;

import java.net.InetSocketAddress;
import java.net.URI;

/** Servers started for one or more tests. */
interface Fixture extends AutoCloseable {
  /** Returns the address of the server or the master, in a cluster of one of the masters. */
  InetSocketAddress address();

  /** Returns the URI for a client. */
  URI uri();

  /** Returns what the user programs against, such as an {@code EmbeddedServer}. */
  Object subject();

  /** Undoes what the previous test has left: data, pauses, cut links, killed members. */
  void reset();

  /** Returns the log and the last slow commands, as far as they can be had. */
  String report();

  @Override
  void close();
}
