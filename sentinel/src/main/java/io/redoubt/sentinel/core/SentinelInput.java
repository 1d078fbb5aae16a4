package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.Settings;
import java.util.List;

/** An input of the state machine. */
public sealed interface SentinelInput {
  /** The passage of time. Expected every 100 ms and at {@link Sentinel#wakeAtMillis()}. */
  record Tick() implements SentinelInput {}

  /**
   * An established connection.
   *
   * @param link {@link Link#id()}
   * @param localHost our IP address on the connection, which we announce to others
   */
  record Connected(int link, Link.Kind kind, String localHost) implements SentinelInput {}

  /** A lost connection or a failed attempt to connect, with the reason for the log. */
  record Disconnected(int link, Link.Kind kind, String reason) implements SentinelInput {}

  /** The answer to a request. */
  record Replied(int link, NodeRequest request, Answer answer) implements SentinelInput {}

  /**
   * A message of the hello channel.
   *
   * @param link the link whose events side received it, or {@link #NO_LINK} if it was published at
   *     this sentinel
   * @param payload {@code ip,port,runid,epoch,master,master ip,master port,master's config epoch}
   */
  record HelloHeard(int link, String payload) implements SentinelInput {
    /** The link of a message that came from no link. */
    public static final int NO_LINK = -1;
  }

  /** SENTINEL MONITOR. */
  record Monitor(String name, Address address, int quorum) implements SentinelInput {}

  /** SENTINEL REMOVE. */
  record Remove(String name) implements SentinelInput {}

  /** SENTINEL SET, with the new options and the changes to be shown in events. */
  record Set(String name, MasterOptions options, List<String> changes) implements SentinelInput {}

  /**
   * SENTINEL FAILOVER.
   *
   * @param coordinated true if the failover requires that the master stops writes first
   * @param acceptsLoss true if acknowledged writes may be lost
   */
  record Failover(String name, boolean coordinated, boolean acceptsLoss) implements SentinelInput {}

  /** SENTINEL RESET of these masters; the caller has resolved the pattern. */
  record Reset(List<String> names) implements SentinelInput {}

  /**
   * SENTINEL IS-MASTER-DOWN-BY-ADDR.
   *
   * @param candidate the id of the candidate, or {@code *} if only our opinion is requested
   * @param coordinated true if the vote is for a failover ordered by an operator that stops the
   *     master's writes first; the master need not be down
   */
  record AskedIfDown(Address address, long epoch, String candidate, boolean coordinated)
      implements SentinelInput {
    /** The last word of a request for a vote on a coordinated failover. */
    public static final String COORDINATED = "COORDINATED";
  }

  /** A resolved host name. */
  record Resolved(String name, String address) implements SentinelInput {}

  /** The orderly shutdown of this process. */
  record Leave() implements SentinelInput {}

  /** SENTINEL FLUSHCONFIG. */
  record FlushConfig() implements SentinelInput {}

  /** New settings by SENTINEL CONFIG SET, DEBUG or SIMULATE-FAILURE. */
  record Configure(Settings settings) implements SentinelInput {}
}
