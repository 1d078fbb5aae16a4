package io.redoubt.server.cluster.message;

/** The bits that describe a node in messages and in {@code nodes.conf}. */
public final class NodeFlag {
  /** A master. */
  public static final int MASTER = 1;

  /** A replica. */
  public static final int REPLICA = 1 << 1;

  /** Suspected of having failed ({@code fail?}). */
  public static final int PFAIL = 1 << 2;

  /** Failed, as a majority of masters agrees. */
  public static final int FAIL = 1 << 3;

  /** The node that writes the file or the message. */
  public static final int MYSELF = 1 << 4;

  /** A node that has not sent its id yet. */
  public static final int HANDSHAKE = 1 << 5;

  /** A node without a known address. */
  public static final int NOADDR = 1 << 6;

  /** The node must be greeted with a MEET. */
  public static final int MEET = 1 << 7;

  /** A master that accepts migrating replicas of other masters. */
  public static final int MIGRATE_TO = 1 << 8;

  /** A replica that never starts a failover. */
  public static final int NOFAILOVER = 1 << 9;

  /** A node that reads extensions. */
  public static final int EXTENSIONS = 1 << 10;

  /** A node that reads light messages, as Valkey's do since 8.0. */
  public static final int LIGHT_PUBLISH = 1 << 11;

  private NodeFlag() {}
}
