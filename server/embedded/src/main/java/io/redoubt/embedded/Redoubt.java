package io.redoubt.embedded;

/**
 * The entry to servers in this process.
 *
 * <pre>{@code
 * try (EmbeddedServer server = Redoubt.server().with("maxmemory", "10mb").start()) {
 *   connect(server.uri());
 * }
 * }</pre>
 */
public final class Redoubt {
  private Redoubt() {}

  /** Returns the builder of a data server, to be configured and started. */
  public static ServerBuilder server() {
    return new ServerBuilder();
  }

  /** Returns the builder of a cluster of masters that share the slots, with their replicas. */
  public static ClusterBuilder cluster() {
    return new ClusterBuilder();
  }

  /** Returns the builder of a master with replicas and the sentinels that monitor it. */
  public static GroupBuilder group() {
    return new GroupBuilder();
  }
}
