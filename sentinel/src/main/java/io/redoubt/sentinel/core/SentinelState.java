package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Hosts;
import io.redoubt.sentinel.settings.MasterOptions;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The state of a sentinel that must survive a crash.
 *
 * @param myId 40 hexadecimal digits, constant for the sentinel's life
 * @param currentEpoch the greatest known epoch; never decreases
 */
public record SentinelState(String myId, long currentEpoch, List<MasterState> masters) {

  /** Returns true if a node is identified by a host name instead of an IP address. */
  public boolean hasHostNames() {
    return masters.stream()
        .flatMap(MasterState::addresses)
        .anyMatch(address -> !Hosts.isHost(address.host(), false));
  }

  /**
   * A monitored master.
   *
   * @param configEpoch the epoch of the failover that made this address the master
   * @param leaderEpoch the epoch of our last vote; we never vote in it or below again
   * @param group the group that acknowledges writes, null if there is none
   */
  public record MasterState(
      String name,
      Address address,
      MasterOptions options,
      long configEpoch,
      long leaderEpoch,
      List<Address> replicas,
      List<KnownSentinel> sentinels,
      @Nullable GroupConfig group) {
    public static MasterState fresh(String name, Address address, MasterOptions options) {
      return new MasterState(name, address, options, 0, 0, List.of(), List.of(), null);
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
