package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.keyspace.Walk;
import io.redoubt.server.snapshot.export.ListNodeExport;
import io.redoubt.server.snapshot.export.ValueExport;
import io.redoubt.server.snapshot.record.EntryWriter;
import io.redoubt.server.snapshot.record.LargeGroup;
import io.redoubt.server.snapshot.record.LargeList;
import io.redoubt.server.snapshot.record.LargeSortedSet;
import io.redoubt.server.snapshot.record.LargeStream;
import io.redoubt.server.snapshot.record.LargeString;
import io.redoubt.server.snapshot.record.LargeTable;
import io.redoubt.server.snapshot.record.LargeValues;
import io.redoubt.server.snapshot.record.RawQueue;
import io.redoubt.server.snapshot.record.RecordOutput;
import io.redoubt.server.snapshot.record.SnapshotChunk;
import io.redoubt.server.tuning.WalkShare;
import java.util.List;

/**
 * The classes that commands use during a snapshot. They are initialized at startup: the JIT
 * compiler discards code that was compiled before a class it uses was initialized, so the first
 * snapshot would otherwise discard the compiled code of all commands.
 */
final class CommandPathClasses {
  private static final List<Class<?>> CLASSES =
      List.of(
          Walk.class,
          Snapshot.class,
          WalkShare.class,
          EntryWriter.class,
          ValueExport.class,
          LargeValues.class,
          LargeTable.class,
          LargeSortedSet.class,
          LargeList.class,
          LargeStream.class,
          LargeGroup.class,
          LargeString.class,
          RecordOutput.class,
          ListNodeExport.class,
          RawQueue.class,
          SnapshotChunk.class,
          RdbKey.class,
          RdbType.class,
          RdbWriter.class);

  private CommandPathClasses() {}

  /** Initializes all classes and their nested classes. */
  static void initialize() {
    for (Class<?> each : CLASSES) {
      for (Class<?> nested : each.getNestMembers()) {
        initialize(nested);
      }
    }
  }

  private static void initialize(Class<?> each) {
    try {
      Class.forName(each.getName(), true, each.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e); // it is loaded already
    }
  }
}
