package io.redoubt.server.command.stream;

import io.redoubt.server.execution.Call;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamGroups;
import java.nio.charset.StandardCharsets;

/**
 * Propagates changes of consumer groups as effects in place of the command: one XCLAIM for each
 * entry that became pending or ceased to be. Key and group are arguments of the command that ran.
 */
final class StreamEffects {
  private static final byte[] XCLAIM = word("XCLAIM");
  private static final byte[] TIME = word("TIME");
  private static final byte[] RETRYCOUNT = word("RETRYCOUNT");
  private static final byte[] FORCE = word("FORCE");
  private static final byte[] JUSTID = word("JUSTID");
  private static final byte[] LASTID = word("LASTID");
  private static final byte[] XGROUP = word("XGROUP");
  private static final byte[] SETID = word("SETID");
  private static final byte[] CREATECONSUMER = word("CREATECONSUMER");
  private static final byte[] ENTRIESREAD = word("ENTRIESREAD");

  private static final int CLAIM_WORDS = 14;

  private StreamEffects() {}

  private static byte[] word(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Propagates a pending entry, given as an element of the group's tree. */
  static void claim(Call call, int keyArg, int groupArg, long group, long element) {
    claim(
        call,
        keyArg,
        groupArg,
        group,
        PendingEntry.owner(element),
        IdTree.high(element),
        IdTree.low(element),
        PendingEntry.delivered(element),
        PendingEntry.deliveries(element));
  }

  /** Propagates a pending entry with its consumer, delivery time and number of deliveries. */
  static void claim(
      Call call,
      int keyArg,
      int groupArg,
      long group,
      long consumer,
      long millis,
      long sequence,
      long delivered,
      long deliveries) {
    if (!call.propagates()) {
      return;
    }
    call.propagateAs(CLAIM_WORDS)
        .word(XCLAIM)
        .argument(keyArg)
        .argument(groupArg)
        .bytes(StreamGroups.consumerName(consumer), StreamGroups.nameLength(consumer))
        .number(0)
        .id(millis, sequence)
        .word(TIME)
        .number(delivered)
        .word(RETRYCOUNT)
        .number(deliveries)
        .word(FORCE)
        .word(JUSTID)
        .word(LASTID)
        .idAt(StreamGroups.lastId(group));
  }

  /** Propagates the last id and the entries read of a group. */
  static void lastId(Call call, int keyArg, int groupArg, long group) {
    if (call.propagates()) {
      call.propagateAs(7)
          .word(XGROUP)
          .word(SETID)
          .argument(keyArg)
          .argument(groupArg)
          .idAt(StreamGroups.lastId(group))
          .word(ENTRIESREAD)
          .number(StreamGroups.entriesRead(group));
    }
  }

  /** Propagates a new consumer. */
  static void propagateConsumer(Call call, int keyArg, int groupArg, int consumerArg) {
    if (call.propagates()) {
      call.propagateAs(5)
          .word(XGROUP)
          .word(CREATECONSUMER)
          .argument(keyArg)
          .argument(groupArg)
          .argument(consumerArg);
    }
  }
}
