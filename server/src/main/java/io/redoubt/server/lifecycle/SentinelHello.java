package io.redoubt.server.lifecycle;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.server.settings.HostPort;
import org.jspecify.annotations.Nullable;

/**
 * The message by which a sentinel announces itself and its view of a group to the servers it
 * monitors: {@code ip,port,id,epoch,name,master ip,master port,config epoch}.
 *
 * @param id the sentinel's id of 40 characters
 * @param configEpoch the epoch of the failover that promoted this master
 */
record SentinelHello(
    HostPort sentinel, String id, String group, HostPort master, long configEpoch) {
  /** The channel on which sentinels publish it. */
  static final String CHANNEL = "__sentinel__:hello";

  /** The length above which messages are ignored; real ones are much shorter. */
  static final int MAX_LENGTH = 16 << 10;

  private static final int WORDS = 8;
  private static final int ID_LENGTH = 40;

  /** Parses a message; returns null if it is malformed. */
  static @Nullable SentinelHello parse(String message) {
    String[] words = message.split(",", -1);
    if (words.length != WORDS || words[2].length() != ID_LENGTH) {
      return null;
    }
    HostPort sentinel = place(words[0], words[1]);
    HostPort master = place(words[5], words[6]);
    if (sentinel == null || master == null || !words[7].matches("[0-9]{1,18}")) {
      return null;
    }
    return new SentinelHello(sentinel, words[2], words[4], master, Long.parseLong(words[7]));
  }

  private static @Nullable HostPort place(String host, String port) {
    return host.isBlank() || host.contains(" ") || !port.matches("[0-9]{1,5}")
        ? null
        : new HostPort(IpAddress.canonical(host), Integer.parseInt(port));
  }
}
