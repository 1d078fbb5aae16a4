package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.ValueCheck;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.List;

/** The directives of snapshots and the append-only file. */
public final class PersistenceDirectives extends DirectiveGroup {

  /** The policy for fsync of appended commands. */
  public enum Appendfsync {
    /** Once a second. */
    EVERYSEC,
    /** Before the replies are sent. */
    ALWAYS,
    /** Left to the operating system. */
    NO
  }

  /** The validation of values from outside. */
  public enum Sanitize {
    /** Never. */
    NO,
    /** Always. */
    YES,
    /** Only data sent by ordinary clients. */
    CLIENTS
  }

  {
    startSection("SNAPSHOTTING");
  }

  public final SaveDirective save =
      add(new SaveDirective(
              List.of(
                  new SaveCondition(3600, 1),
                  new SaveCondition(300, 100),
                  new SaveCondition(60, 10000))))
          .doc(
              "Save the data after a number of seconds if at least a number of changes were made"
                  + " since the last save; any of the pairs suffices. save \"\" disables it.");

  public final YesNoDirective stopWritesOnBgsaveError =
      yesNo("stop-writes-on-bgsave-error", true)
          .doc("Refuse writes after a failed background save, so that the failure is noticed.");

  public final YesNoDirective rdbcompression =
      yesNo("rdbcompression", true).doc("Compress strings in snapshots.");

  public final YesNoDirective rdbchecksum =
      yesNo("rdbchecksum", true)
          .immutable()
          .doc("End snapshots with a checksum, verified when they are loaded.");

  public final IntDirective rdbWriteVersion =
      integer("rdb-write-version", 9)
          .between(9, 12)
          .doc(
              "The lowest version of the RDB format to write. Data that requires a "
                  + "higher version gets it; version 9 can be loaded by Redis 5 and later.");

  public final ChoiceDirective<Sanitize> sanitizeDumpPayload =
      choice("sanitize-dump-payload", Sanitize.NO)
          .acceptedWithoutEffectExcept(List.of(Sanitize.YES, Sanitize.CLIENTS))
          .doc(
              "Verify the values of RESTORE and of full syncs: no, yes, or clients (normal"
                  + " clients only). Here all values are always verified, including values in"
                  + " files; an inconsistent value, as older servers may have written, is"
                  + " repaired with a warning.");

  public final TextDirective dbfilename =
      text("dbfilename", "dump.rdb")
          .guarded()
          .check(fileName("dbfilename", "filename", true))
          .doc(
              "The name of the snapshot file in dir. With an empty name, none is loaded, and saving"
                  + " fails.");

  public final YesNoDirective rdbDelSyncFiles =
      yesNo("rdb-del-sync-files", false)
          .doc("Remove the files of full syncs if persistence is disabled.");

  public final YesNoDirective rdbSaveIncrementalFsync =
      yesNo("rdb-save-incremental-fsync", true)
          .doc("Sync snapshots to disk incrementally while they are written.");

  public final IntDirective rdbKeySaveDelay =
      integer("rdb-key-save-delay", 0)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .hidden()
          .doc(
              "Microseconds to wait after saving each key; if negative, the number "
                  + "of keys to save per microsecond.");

  public final IntDirective keyLoadDelay =
      integer("key-load-delay", 0)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .hidden()
          .doc("The same for loading keys.");

  public final IntDirective loadingProcessEventsIntervalBytes =
      integer("loading-process-events-interval-bytes", 2 << 20)
          .between(1024, Integer.MAX_VALUE)
          .hidden()
          .acceptedWithoutEffect()
          .doc("The number of bytes loaded before clients are served again.");

  {
    startSection("APPEND ONLY FILE");
  }

  public final YesNoDirective appendonly =
      yesNo("appendonly", false)
          .fixedWhileLoading()
          .doc("Append every write to a file, from which the data is restored at startup.");

  public final TextDirective appendfilename =
      text("appendfilename", "appendonly.aof")
          .immutable()
          .check(fileName("appendfilename", "filename", false))
          .doc("The prefix of the names of the append-only files.");

  public final TextDirective appenddirname =
      text("appenddirname", "appendonlydir")
          .immutable()
          .check(fileName("appenddirname", "dirname", false))
          .doc("The directory of these files, within dir.");

  public final ChoiceDirective<Appendfsync> appendfsync =
      choice("appendfsync", Appendfsync.EVERYSEC)
          .doc(
              "The policy for syncing writes to disk: always (before the reply), "
                  + "everysec, or no (left to the operating system). With always, see "
                  + "aof-commit-journal before starting another server on the files.");

  public final YesNoDirective aofCommitJournal =
      yesNo("aof-commit-journal", true)
          .doc(
              "With appendfsync always, use a journal of fixed size, which is synced "
                  + "faster than a growing file. After a crash of the system, up to a "
                  + "second of writes may exist only in the journal: a real Redis started "
                  + "on the files silently lacks them. Start Redoubt first, or run "
                  + "redis-check-aof --fix on the manifest: both transfer them to the "
                  + "append-only file.");

  public final YesNoDirective noAppendfsyncOnRewrite =
      yesNo("no-appendfsync-on-rewrite", false)
          .doc("Do not sync while a snapshot or a rewrite keeps the disk busy.");

  public final IntDirective autoAofRewritePercentage =
      integer("auto-aof-rewrite-percentage", 100)
          .doc(
              "Rewrite the file when it has grown by this percentage since the last "
                  + "rewrite; 0 disables automatic rewrites.");

  public final MemoryDirective autoAofRewriteMinSize =
      memory("auto-aof-rewrite-min-size", 64 << 20)
          .doc("The minimum size for an automatic rewrite.");

  public final YesNoDirective aofLoadTruncated =
      yesNo("aof-load-truncated", true)
          .doc("Load a file that ends within a command, up to the last complete command.");

  public final YesNoDirective aofUseRdbPreamble =
      yesNo("aof-use-rdb-preamble", true)
          .doc("Start rewritten files with a snapshot in the RDB format.");

  public final YesNoDirective aofTimestampEnabled =
      yesNo("aof-timestamp-enabled", false)
          .doc("Record timestamps in the file, so that it can be truncated to a point in time.");

  public final YesNoDirective aofRewriteIncrementalFsync =
      yesNo("aof-rewrite-incremental-fsync", true)
          .doc("Sync rewritten files to disk incrementally while they are written.");

  public final YesNoDirective aofDisableAutoGc =
      yesNo("aof-disable-auto-gc", false).hidden().doc("Keep obsolete files.");

  /** Creates a check that a file name contains no directory. */
  private static ValueCheck<String> fileName(String directive, String kind, boolean mayBeEmpty) {
    return name -> {
      if (name.isEmpty() && !mayBeEmpty) {
        throw new RefusedValue(directive + " can't be empty");
      }
      if (name.indexOf('/') >= 0) {
        throw new RefusedValue(directive + " can't be a path, just a " + kind);
      }
    };
  }
}
