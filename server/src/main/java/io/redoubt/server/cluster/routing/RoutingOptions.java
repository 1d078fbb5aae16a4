package io.redoubt.server.cluster.routing;

import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.Endpoint;

/** The settings of redirections, read at each use. */
public interface RoutingOptions {
  /** Returns true for {@code cluster-allow-reads-when-down}. */
  boolean allowsReadsWhenDown();

  /** Returns true for {@code cluster-allow-pubsubshard-when-down}. */
  boolean allowsShardedChannelsWhenDown();

  /** Returns true if the bus uses TLS, so that the first port of an endpoint is the TLS port. */
  boolean busUsesTls();

  /** Returns the kind of names used in redirections. */
  Shown shownNames();

  /** The names of nodes in redirections. */
  enum Shown {
    /** The IP address. */
    IP,
    /** The host name, {@code ?} if there is none. */
    HOSTNAME,
    /** Nothing: the client keeps the address of its connection. */
    UNKNOWN
  }

  /** Returns the name of a node in redirections. */
  default String shown(Node node) {
    return switch (shownNames()) {
      case IP -> node.endpoint().ip();
      case HOSTNAME -> node.labels().hostname().isEmpty() ? "?" : node.labels().hostname();
      case UNKNOWN -> "";
    };
  }

  /**
   * Returns the port of a node for a client. Falls back to the other port if the node lacks the
   * wanted one.
   */
  default int port(Node node, boolean tls) {
    return port(node.endpoint(), tls);
  }

  /** Returns the port of an endpoint for a client, as {@link #port(Node, boolean)}. */
  default int port(Endpoint endpoint, boolean tls) {
    int other = endpoint.otherPort();
    return tls == busUsesTls() || other == 0 ? endpoint.port() : other;
  }
}
