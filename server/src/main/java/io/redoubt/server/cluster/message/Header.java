package io.redoubt.server.cluster.message;

import io.redoubt.server.cluster.slot.SlotSet;
import org.jspecify.annotations.Nullable;

/**
 * The header of every message: the sender's view of itself.
 *
 * @param claim the claim of the sender, or of its master if it is a replica
 * @param master the id of the sender's master, null if it is a master
 * @param flags {@link NodeFlag} bits
 * @param messageFlags {@link #PAUSED}, {@link #FORCE_ACK} and {@link #EXTENSION_DATA}
 */
public record Header(
    String sender,
    Endpoint endpoint,
    View view,
    Claim claim,
    long offset,
    @Nullable String master,
    int flags,
    int messageFlags) {
  /** The master has paused writes for a manual failover. */
  public static final int PAUSED = 1;

  /** The vote is to be granted although the master has not failed: a manual failover. */
  public static final int FORCE_ACK = 1 << 1;

  /** The sender understands extensions; the message may have some. */
  public static final int EXTENSION_DATA = 1 << 2;

  /**
   * The sender's view of the cluster.
   *
   * @param currentEpoch the greatest epoch known to the sender
   * @param clusterOk true if the sender considers the cluster's state ok
   */
  public record View(long currentEpoch, boolean clusterOk) {}

  /** Returns the greatest epoch known to the sender. */
  public long currentEpoch() {
    return view.currentEpoch();
  }

  /** Returns true if the sender considers the cluster's state ok. */
  public boolean clusterOk() {
    return view.clusterOk();
  }

  /** Returns the config epoch of the sender, or of its master. */
  public long configEpoch() {
    return claim.configEpoch();
  }

  /** Returns the slots of the sender, or of its master; must not be changed. */
  public SlotSet slots() {
    return claim.slots();
  }

  /** Returns true if one of the {@link NodeFlag} bits is set. */
  public boolean has(int nodeFlag) {
    return (flags & nodeFlag) != 0;
  }

  /** Returns true if one of the bits of this class is set. */
  public boolean says(int messageFlag) {
    return (messageFlags & messageFlag) != 0;
  }
}
