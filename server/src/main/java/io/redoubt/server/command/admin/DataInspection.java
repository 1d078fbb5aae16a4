package io.redoubt.server.command.admin;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.snapshot.export.DatasetDigest;
import io.redoubt.server.structure.list.QuicklistNode;
import io.redoubt.server.structure.list.QuicklistRoot;
import io.redoubt.server.value.Values;
import java.util.Locale;

/** The subcommands of DEBUG that show how the data set is stored, and its signature. */
final class DataInspection {
  private static final CommandError NO_SUCH_KEY = new CommandError("ERR no such key");
  private static final CommandError NO_TABLE =
      new CommandError(
          "ERR The value stored at the specified key is not represented using an hash table");

  /** The number of elements from which DEBUG OBJECT estimates a size. */
  private static final int OBJECT_SAMPLES = 5;

  private DataInspection() {}

  /** Replies with a signature of the data set. */
  static void digest(Call call) {
    call.reply().simple(new DatasetDigest(call.values()).of(call.keyspace()));
  }

  /** Replies with the signatures of the values of keys. */
  static void digestValue(Call call) {
    DatasetDigest digest = new DatasetDigest(call.values());
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      call.reply().simple(digest.ofValue(call.findAgain(i)));
    }
  }

  /** Replies with the encoding, size and access clock of a key. */
  static void object(Call call) {
    long entry = call.findAgain(2);
    if (entry == Entry.NONE) {
      throw NO_SUCH_KEY;
    }
    AccessClock clock = call.keyspace().accessClock();
    call.reply()
        .simple(
            String.format(
                    Locale.ROOT,
                    "Value at:0x%x refcount:1 encoding:%s serializedlength:%d lru:%d"
                        + " lru_seconds_idle:%d",
                    entry,
                    Values.encodingName(entry),
                    call.database().memoryUsage(entry, OBJECT_SAMPLES),
                    Entry.accessClock(entry),
                    clock.isLfu() ? 0 : clock.idleSeconds(entry, call.keyspace().nowMillis()))
                + quicklist(entry));
  }

  /** Returns the fields that DEBUG OBJECT adds for a quicklist. */
  private static String quicklist(long entry) {
    if (Entry.type(entry) != Type.LIST || PackedValue.isPacked(entry)) {
      return "";
    }
    long root = Entry.root(entry);
    long bytes = 0;
    for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
      bytes += QuicklistNode.sizeBytes(node);
    }
    return String.format(
        Locale.ROOT,
        " ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d"
            + " ql_uncompressed_size:%d",
        QuicklistRoot.nodes(root),
        (double) QuicklistRoot.count(root) / QuicklistRoot.nodes(root),
        QuicklistRoot.limit(root),
        QuicklistRoot.depth(root) == 0 ? 0 : 1,
        bytes);
  }

  /** Replies with the sizes of the tables of a database. */
  static void tableStatistics(Call call) {
    long index = call.argLong(2);
    if (index < 0 || index >= call.keyspace().count()) {
      throw new CommandError("ERR Out of range database");
    }
    Database database = call.keyspace().database((int) index);
    call.reply()
        .verbatim(
            "txt",
            String.format(
                Locale.ROOT,
                "[Dictionary HT]\n"
                    + " number of elements: %d\n"
                    + " bytes: %d\n"
                    + "[Expires HT]\n"
                    + " number of elements: %d\n"
                    + " bytes: %d\n",
                database.size(),
                database.tableBytes(),
                database.expiries().size(),
                database.expiries().sizeBytes()));
  }

  /** Replies with the size of the table of a large value. */
  static void valueTableStatistics(Call call) {
    long entry = call.findAgain(2);
    if (entry == Entry.NONE) {
      throw NO_SUCH_KEY;
    }
    long elements = call.values().tableElements(entry);
    if (elements < 0) {
      throw NO_TABLE;
    }
    call.reply()
        .verbatim(
            "txt",
            String.format(
                Locale.ROOT,
                "Hash table 0 stats (main hash table):\n number of elements: %d\n bytes: %d\n",
                elements,
                call.database().memoryUsage(entry, OBJECT_SAMPLES)));
  }
}
