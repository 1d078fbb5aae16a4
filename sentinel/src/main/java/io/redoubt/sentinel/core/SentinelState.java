package io.redoubt.sentinel.core;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a sentinel must still know after a crash.
 *
 * @param myId 40 hexadecimal digits, the same for the sentinel's whole life
 * @param currentEpoch the greatest epoch that it has heard of; never falls
 */
public record SentinelState(String myId, long currentEpoch, List<MasterState> masters) {
  /** A sentinel that knows nobody yet. */
  public static SentinelState fresh(String myId) {
    return new SentinelState(myId, 0, List.of());
  }

  /** Returns true if a node is known by its host's name instead of an IP address. */
  public boolean hasHostNames() {
    return masters.stream()
        .flatMap(MasterState::addresses)
        .anyMatch(address -> !Hosts.isHost(address.host(), false));
  }

  /**
   * One monitored master.
   *
   * @param configEpoch the epoch of the failover that made this address the master
   * @param leaderEpoch the epoch of our last vote; we never vote again in it or below
   */
  public record MasterState(
      String name,
      Address address,
      MasterOptions options,
      long configEpoch,
      long leaderEpoch,
      List<Address> replicas,
      List<KnownSentinel> sentinels) {
    /** A master that was just named. */
    public static MasterState fresh(String name, Address address, MasterOptions options) {
      return new MasterState(name, address, options, 0, 0, List.of(), List.of());
    }

    private Stream<Address> addresses() {
      return Stream.concat(
          Stream.concat(Stream.of(address), replicas.stream()),
          sentinels.stream().map(KnownSentinel::address));
    }
  }

  /** Another sentinel of the same master. */
  public record KnownSentinel(Address address, String runId) {}
}
