package io.redoubt.sentinel.core;

import java.util.List;

/** What can happen to a sentinel. */
public sealed interface Input {
  /** Time has passed. Wanted every 100 ms, and at {@link Sentinel#wakeAtMillis()}. */
  record Tick() implements Input {}

  /**
   * A connection stands.
   *
   * @param link {@link Link#id()}
   * @param localHost our own IP address on it, which is what we tell others about ourselves
   */
  record Connected(int link, Link.Kind kind, String localHost) implements Input {}

  /** A connection broke, or an attempt to make one failed; the reason is for the log. */
  record Disconnected(int link, Link.Kind kind, String reason) implements Input {}

  /** The answer to a request. */
  record Replied(int link, Request request, Answer answer) implements Input {}

  /**
   * A message of the hello channel.
   *
   * @param link the link whose events side brought it, or {@link #NO_LINK} when somebody published
   *     it here
   * @param payload {@code ip,port,runid,epoch,master,master ip,master port,master's config epoch}
   */
  record HelloHeard(int link, String payload) implements Input {
    /** Stands for: not from a link of ours. */
    public static final int NO_LINK = -1;
  }

  /** SENTINEL MONITOR. */
  record Monitor(String name, Address address, int quorum) implements Input {}

  /** SENTINEL REMOVE. */
  record Remove(String name) implements Input {}

  /** SENTINEL SET: the options that are to hold from now on, and what changed for the event. */
  record Set(String name, MasterOptions options, List<String> changes) implements Input {}

  /**
   * SENTINEL FAILOVER.
   *
   * @param coordinated whether it must not go on when the master can't be made to stop writes first
   */
  record Failover(String name, boolean coordinated) implements Input {}

  /** SENTINEL RESET of the masters named, the pattern being resolved by the caller. */
  record Reset(List<String> names) implements Input {}

  /**
   * SENTINEL IS-MASTER-DOWN-BY-ADDR.
   *
   * @param candidate the id of who wants to lead, or {@code *} when only our opinion is asked
   */
  record AskedIfDown(Address address, long epoch, String candidate) implements Input {}

  /** A name was looked up. */
  record Resolved(String name, String address) implements Input {}

  /** SENTINEL FLUSHCONFIG. */
  record FlushConfig() implements Input {}

  /** SENTINEL CONFIG SET, DEBUG and SIMULATE-FAILURE, or a reloaded file. */
  record Configure(Settings settings) implements Input {}
}
