package io.redoubt.server.cluster.nodes;

import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node in {@code nodes.conf}.
 *
 * @param flags {@link NodeFlag} bits
 * @param master the id of its master; null for a master, or if unknown
 * @param claim the slots that it owns
 * @param openSlots the slots being migrated or imported; only known for the node that writes the
 *     file
 */
public record NodeRecord(
    String id,
    Endpoint endpoint,
    Labels labels,
    int flags,
    @Nullable String master,
    Contact contact,
    Claim claim,
    OpenSlots openSlots) {
  /**
   * The names of a node.
   *
   * @param hostname empty for none
   * @param nodeName {@code cluster-announce-human-nodename}, empty for none
   * @param shard the id of the shard, empty if unknown
   */
  public record Labels(String hostname, String nodeName, String shard) {
    /** No names. */
    public static final Labels NONE = new Labels("", "", "");
  }

  /**
   * The last contact with a node, for information only: it is not restored after a restart.
   *
   * @param pingSentMillis the time of the oldest PING without a reply, 0 for none
   * @param pongReceivedMillis the time of the last PONG, 0 for none
   * @param connected true if there was a link
   */
  public record Contact(long pingSentMillis, long pongReceivedMillis, boolean connected) {
    /** The contact of a node with itself. */
    public static final Contact MYSELF = new Contact(0, 0, true);
  }

  /**
   * Slots between two owners, by CLUSTER SETSLOT.
   *
   * @param migrating the receiving node by slot
   * @param importing the sending node by slot
   */
  public record OpenSlots(Map<Integer, String> migrating, Map<Integer, String> importing) {
    /** No open slots. */
    public static final OpenSlots NONE = new OpenSlots(Map.of(), Map.of());
  }

  public long configEpoch() {
    return claim.configEpoch();
  }

  /** Returns the slots that it owns; must not be changed. */
  public SlotSet slots() {
    return claim.slots();
  }

  /** Returns true if one of the {@link NodeFlag} bits is set. */
  public boolean has(int nodeFlag) {
    return (flags & nodeFlag) != 0;
  }
}
