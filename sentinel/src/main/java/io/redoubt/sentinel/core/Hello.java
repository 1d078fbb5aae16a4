package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/**
 * What sentinels tell each other over the hello channel of the nodes that they watch, as {@code
 * ip,port,runid,current epoch,master name,master ip,master port,master's config epoch}.
 */
record Hello(
    Address sentinel,
    String runId,
    long currentEpoch,
    String masterName,
    Address master,
    long configEpoch) {
  String format() {
    return sentinel.host()
        + ","
        + sentinel.port()
        + ","
        + runId
        + ","
        + currentEpoch
        + ","
        + masterName
        + ","
        + master.host()
        + ","
        + master.port()
        + ","
        + configEpoch;
  }

  /** Reads a message; null when it is none. */
  static @Nullable Hello parse(String payload) {
    String[] parts = payload.split(",", -1);
    if (parts.length != 8) {
      return null;
    }
    try {
      int port = Integer.parseInt(parts[1]);
      int masterPort = Integer.parseInt(parts[6]);
      if (port < 1 || port > 65535 || masterPort < 1 || masterPort > 65535) {
        return null;
      }
      return new Hello(
          new Address(parts[0], port),
          parts[2],
          Long.parseLong(parts[3]),
          parts[4],
          new Address(parts[5], masterPort),
          Long.parseLong(parts[7]));
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
