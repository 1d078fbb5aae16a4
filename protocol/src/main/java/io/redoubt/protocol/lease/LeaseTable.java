package io.redoubt.protocol.lease;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The leases that the sentinels of one group have granted to a node. The node holds a valid lease
 * while unexpired leases come from a majority of all known sentinels. A sentinel's promise binds it
 * to one node at a time and any two majorities intersect, so no two nodes of a group hold a valid
 * lease at the same time.
 *
 * <p>A lease runs from the arrival of a message whose answer the sentinel has received. The
 * sentinel's promise runs from the arrival of that answer, and thus outlasts the lease, however
 * slow the network is.
 *
 * <p>An armed table requires a lease for writes. A master's table is armed by its first lease, or
 * when a sentinel reports another master; a replica's by the first message, since a sentinel cut
 * off from the others may promote it. It remains armed until all sentinels have left. The table of
 * a node that is monitored by no sentinel, or by Redis' only, is never armed.
 */
public final class LeaseTable {
  /** The fraction of a lease that is used; the rest allows for clocks that drift by 1 % each. */
  private static final double USED = 0.98;

  private static final long NANOS = 1_000_000;

  /** The maximum age of the last message of a sentinel that counts as recently heard. */
  private static final long HEARD_NANOS = 10_000 * NANOS;

  /** A time before all others. */
  private static final long NEVER = Long.MIN_VALUE;

  private static final class Grantor {
    long sequence;
    long heardAt = NEVER;
    long until = NEVER;
    Set<String> others = Set.of();
  }

  private final Map<String, Grantor> grantors = new HashMap<>();

  /** The sentinels that have left but are still named by others. */
  private final Set<String> left = new HashSet<>();

  private boolean armed;
  private long validUntil = NEVER;

  /** Restores the sentinels known before a restart, and arms the table if there are any. */
  public void restore(Set<String> sentinels) {
    for (String id : sentinels) {
      Grantor unused = grantors.computeIfAbsent(id, each -> new Grantor());
    }
    armed = !grantors.isEmpty();
  }

  /**
   * Handles a sentinel's message.
   *
   * @param now monotonic nanoseconds
   * @param master true if the node is a master; only a master can hold a lease
   * @return the answer
   */
  public String receive(LeaseOffer offer, long now, boolean master) {
    if (offer.millis() == LeaseOffer.LEAVING) {
      grantors.remove(offer.sentinel());
      left.add(offer.sentinel());
      review(now);
      return LeaseOffer.FREE;
    }
    left.remove(offer.sentinel());
    Grantor grantor = grantors.computeIfAbsent(offer.sentinel(), id -> new Grantor());
    if (offer.millis() <= 0 || !master) {
      grantor.until = NEVER;
    } else if (offer.confirmed() != 0 && offer.confirmed() == grantor.sequence) {
      long length = (long) (offer.millis() * NANOS * USED);
      grantor.until = Math.max(grantor.until, grantor.heardAt + length);
    }
    grantor.sequence = offer.sequence();
    grantor.heardAt = now;
    grantor.others = Set.copyOf(offer.others());
    review(now);
    armed |= !master || validUntil > now || offer.millis() == LeaseOffer.NOT_MASTER;
    return grantor.until > now ? LeaseOffer.HELD : LeaseOffer.FREE;
  }

  /** Returns true if writes require the lease. */
  public boolean isArmed() {
    return armed;
  }

  /** Returns true if a majority has granted leases that have not expired. */
  public boolean isValid(long now) {
    return validUntil > now;
  }

  /** Returns the ids of the sentinels heard or restored, in order. */
  public Set<String> sentinels() {
    return new TreeSet<>(grantors.keySet());
  }

  private int majority() {
    return voters().size() / 2 + 1;
  }

  private Set<String> voters() {
    Set<String> voters = new HashSet<>(grantors.keySet());
    grantors.values().forEach(each -> voters.addAll(each.others));
    voters.removeAll(left);
    return voters;
  }

  /** Recomputes the state from the messages received so far. */
  private void review(long now) {
    forget(now);
    Set<String> named = new HashSet<>();
    grantors.values().forEach(each -> named.addAll(each.others));
    left.retainAll(named);
    armed &= !grantors.isEmpty();
    long[] ends = grantors.values().stream().mapToLong(each -> each.until).sorted().toArray();
    int majority = majority();
    validUntil = ends.length < majority ? NEVER : ends[ends.length - majority];
  }

  /**
   * Forgets silent sentinels if a majority has been heard recently and none of those names them.
   */
  private void forget(long now) {
    Set<String> heard = new HashSet<>();
    Set<String> named = new HashSet<>();
    grantors.forEach((id, grantor) -> {
      if (grantor.heardAt != NEVER && now - grantor.heardAt < HEARD_NANOS) {
        heard.add(id);
        named.addAll(grantor.others);
      }
    });
    if (heard.size() >= majority()) {
      grantors.keySet().removeIf(id -> !heard.contains(id) && !named.contains(id));
    }
  }
}
