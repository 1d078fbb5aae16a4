package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.command.common.ScanOptions;
import io.redoubt.server.command.common.ScanPage;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.KeyspaceSlots;
import org.jspecify.annotations.Nullable;

/**
 * CLUSTERSCAN, Valkey's scan of a cluster: slot by slot, and within one call over adjacent slots of
 * this shard. Positions within a slot hold at all nodes with the same {@code hash-seed}, because
 * the order of keys depends on their hashes only, neither on the size nor on the history of a
 * table. Elsewhere a cursor restarts its slot.
 */
final class ClusterScan {
  /** Changes with the order in which tables are scanned. */
  private static final String ORDER = "redoubt-1";

  private static final CommandError OTHER_SLOT =
      new CommandError("ERR The cursor is in another slot than SLOT");

  private final ClusterNode node;
  private @Nullable String order;

  ClusterScan(ClusterNode node) {
    this.node = node;
  }

  void scan(Call call) {
    ScanOptions options = ScanOptions.ofCluster(call, 2);
    ClusterCursor cursor = ClusterCursor.parse(call, 1);
    int slot = options.slot();
    if (cursor != null && slot != ScanOptions.NO_SLOT && slot != cursor.slot()) {
      throw OTHER_SLOT;
    }
    int ofPattern = options.slotOfPattern();
    if (ofPattern != ScanOptions.NO_SLOT) {
      if (slot != ScanOptions.NO_SLOT && slot != ofPattern) {
        reply(call, ClusterCursor.END, new ScanPage());
        return;
      }
      slot = ofPattern;
    }
    if (cursor == null) {
      reply(call, ClusterCursor.startOf(Math.max(slot, 0)).toString(), new ScanPage());
    } else if (slot == ScanOptions.NO_SLOT || slot == cursor.slot()) {
      scan(call, options, cursor, slot != ScanOptions.NO_SLOT);
    } else {
      // The only slot that the pattern matches is still to come or has passed.
      boolean passed = cursor.slot() > slot;
      String next = passed ? ClusterCursor.END : ClusterCursor.startOf(slot).toString();
      reply(call, next, new ScanPage());
    }
  }

  private void scan(Call call, ScanOptions options, ClusterCursor cursor, boolean onlyOne) {
    CommandError refusal = node.gate().refusalOfSlot(call.client(), call.command(), cursor.slot());
    if (refusal != null) {
      throw refusal;
    }
    Database database = call.database();
    KeyspaceSlots slots = new KeyspaceSlots(call.keyspace());
    ScanPage page = new ScanPage();
    String here = order(call);
    int slot = cursor.slot();
    int end = onlyOne ? slot + 1 : endOfRange(slot);
    long position = cursor.positionIn(here);
    long buckets = options.maxBuckets();
    do {
      position = slots.scan(database, slot, position, page);
      if (position == 0) {
        slot = nextUsed(slots, database, slot + 1, end);
      }
    } while (slot < end && page.wantsMore(options) && --buckets > 0);
    page.retain(entry -> options.accepts(database, entry));
    reply(call, next(here, slot, end, position, onlyOne), page);
  }

  private static String next(String here, int slot, int end, long position, boolean onlyOne) {
    if (slot < end) {
      return new ClusterCursor(here, slot, position).toString();
    }
    return onlyOne || end == SlotSet.SLOTS
        ? ClusterCursor.END
        : ClusterCursor.startOf(end).toString();
  }

  /** Returns the end of the adjacent slots from one on that have its owner. */
  private int endOfRange(int slot) {
    Cluster cluster = node.cluster();
    Node owner = cluster.owner(slot);
    int end = slot + 1;
    while (end < SlotSet.SLOTS && cluster.owner(end) == owner) {
      end++;
    }
    return end;
  }

  private static int nextUsed(KeyspaceSlots slots, Database database, int from, int end) {
    int slot = from;
    while (slot < end && slots.count(database, slot) == 0) {
      slot++;
    }
    return slot;
  }

  private String order(Call call) {
    String known = order;
    if (known == null) {
      known = call.keyspace().hash().fingerprint(ORDER);
      order = known;
    }
    return known;
  }

  private static void reply(Call call, String cursor, ScanPage page) {
    ReplyWriter reply = call.reply();
    reply.array(2);
    reply.bulk(cursor);
    reply.array(page.size());
    for (int i = 0; i < page.size(); i++) {
      call.replyKey(page.block(i));
    }
  }
}
