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
  private static final int FIELDS = 8;
  private static final int ID_LENGTH = 40;

  /** The limit of Redis' own buffer for a message, which it fills up to the end of an address. */
  private static final int MAX_LENGTH = 46 + 1024;

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

  /**
   * Reads a message; null if it is none that a sentinel could have sent. Redis takes any id, any
   * port and any number; what it takes beyond this would not survive in the config file.
   *
   * @param namesAllowed whether hosts may be named, rather than numbered
   */
  static @Nullable Hello parse(String payload, boolean namesAllowed) {
    String[] parts = payload.split(",", -1);
    if (parts.length != FIELDS || payload.length() > MAX_LENGTH) {
      return null;
    }
    int port = Hosts.port(parts[1]);
    int masterPort = Hosts.port(parts[6]);
    long currentEpoch = Hosts.number(parts[3]);
    long configEpoch = Hosts.number(parts[7]);
    if (port < 0
        || masterPort < 0
        || !Hosts.isHost(parts[0], namesAllowed)
        || !Hosts.isHost(parts[5], namesAllowed)
        || !isId(parts[2])
        || !Epochs.isPossible(currentEpoch)
        || !Epochs.isPossible(configEpoch)) {
      return null;
    }
    return new Hello(
        new Address(parts[0], port),
        parts[2],
        currentEpoch,
        parts[4],
        new Address(parts[5], masterPort),
        configEpoch);
  }

  /** Redis refuses a {@code myid} of another length; a comma would end it here. */
  private static boolean isId(String text) {
    return text.length() == ID_LENGTH && text.chars().allMatch(c -> c > ' ' && c < 127);
  }
}
