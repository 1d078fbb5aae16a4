package io.redoubt.junit;

import java.net.InetSocketAddress;
import java.net.URI;

/** Servers started for one or more tests. */
interface Fixture extends AutoCloseable {
  /** Returns the address of the server or the master; in a cluster, of one of the masters. */
  InetSocketAddress address();

  /** Returns the URI for a client. */
  URI uri();

  /** Returns the object that tests use, such as an {@code EmbeddedServer}. */
  Object subject();

  /** Undoes the effects of the previous test: data, pauses, cut links, killed members. */
  void reset();

  /** Returns the log and the last slow commands, as far as they are available. */
  String report();

  @Override
  void close();
}
