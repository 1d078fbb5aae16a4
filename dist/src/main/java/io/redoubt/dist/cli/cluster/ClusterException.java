package io.redoubt.dist.cli.cluster;

/** The reason why a cluster can't be changed as wanted, as text for the user. */
final class ClusterException extends Exception {
  private static final long serialVersionUID = 1L;

  ClusterException(String message) {
    super(message);
  }
}
