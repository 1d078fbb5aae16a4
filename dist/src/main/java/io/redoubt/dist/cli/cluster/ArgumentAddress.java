package io.redoubt.dist.cli.cluster;

/** The address of a node as it is written on a command line. */
record ArgumentAddress(String host, int port) {
  private static final int MAX_PORT = 65_535;

  /** Parses {@code host:port}; ignores a bus port after {@code @}. */
  static ArgumentAddress read(String text) throws ClusterException {
    String plain = text.split("@", 2)[0];
    int colon = plain.lastIndexOf(':');
    try {
      int port = Integer.parseInt(plain.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= MAX_PORT) {
        return new ArgumentAddress(plain.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new ClusterException(
        "[ERR] Invalid arguments: you need to pass either a valid address"
            + " (ie. 120.0.0.1:7000) or space separated IP and port (ie. 120.0.0.1 7000)");
  }
}
