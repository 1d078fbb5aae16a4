package io.redoubt.sentinel.message;

import org.jspecify.annotations.Nullable;

/**
 * The announcement of a sentinel on the hello channel of the monitored nodes: {@code
 * ip,port,runid,current epoch,master name,master ip,master port,master's config epoch}.
 */
public record HelloMessage(
    Address sentinel,
    String runId,
    long currentEpoch,
    String masterName,
    Address master,
    long configEpoch) {
  private static final int FIELDS = 8;
  private static final int ID_LENGTH = 40;

  /** The size of the buffer in which Redis composes the message; it truncates longer ones. */
  private static final int MAX_LENGTH = 46 + 1024;

  /** Returns the message as text. */
  public String format() {
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
   * Parses a message; returns null if it is invalid. Redis accepts any id, port and number; values
   * outside these checks would not survive in the config file.
   *
   * @param namesAllowed true if hosts may be names
   */
  public static @Nullable HelloMessage parse(String payload, boolean namesAllowed) {
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
    return new HelloMessage(
        new Address(parts[0], port),
        parts[2],
        currentEpoch,
        parts[4],
        new Address(parts[5], masterPort),
        configEpoch);
  }

  /**
   * Returns true for a valid id: Redis refuses a {@code myid} of another length, and spaces or line
   * ends would break the config file.
   */
  private static boolean isId(String text) {
    return text.length() == ID_LENGTH && text.chars().allMatch(c -> c > ' ' && c < 127);
  }
}
