package io.redoubt.server;

/** The message by which a sentinel announces the master of a group to its servers. */
public final class SentinelHelloLine {
  private SentinelHelloLine() {}

  /**
   * Returns the PUBLISH of a hello, whose master has the sentinel's current epoch.
   *
   * @param sentinel the id of the sentinel
   */
  public static String of(String sentinel, String group, String host, int port, long epoch) {
    return "PUBLISH __sentinel__:hello 127.0.0.1,26379,%s,%d,%s,%s,%d,%d"
        .formatted(sentinel, epoch, group, host, port, epoch);
  }
}
