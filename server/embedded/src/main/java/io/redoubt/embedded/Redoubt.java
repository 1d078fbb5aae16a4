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

  /** Returns the description of a data server, which its methods refine before it is started. */
  public static ServerBuilder server() {
    return new ServerBuilder();
  }

  /** Returns the description of a cluster of masters that share the slots, with their replicas. */
  public static ClusterBuilder cluster() {
    return new ClusterBuilder();
  }

  /** Returns the description of a master with replicas, and of the sentinels that watch it. */
  public static GroupBuilder group() {
    return new GroupBuilder();
  }
}
