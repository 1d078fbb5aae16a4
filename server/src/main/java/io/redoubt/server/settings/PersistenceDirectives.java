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
    /** Before the replies are sent. */
    ALWAYS,
    /** Once a second. */
    EVERYSEC,
    /** Left to the operating system. */
    NO
  }

  /** The validation of values from outside. */
  public enum Sanitize {
    /** Never. */
    NO,
    /** Always. */
    YES,
    /** Only of those sent by ordinary clients. */
    CLIENTS
  }

  {
    section("SNAPSHOTTING");
  }

  /** {@code save}. */
  public final SaveDirective save =
      add(new SaveDirective(
              List.of(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10000))))
          .doc(
              "Save the data when that many seconds have passed and that many changes been made"
                  + " since the last time; any of the lines suffices. save \"\" turns it off.");

  /** {@code stop-writes-on-bgsave-error}. */
  public final YesNoDirective stopWritesOnBgsaveError =
      yesNo("stop-writes-on-bgsave-error", true)
          .doc("Refuse writes while the last snapshot has failed, so that somebody notices.");

  /** {@code rdbcompression}. */
  public final YesNoDirective rdbcompression =
      yesNo("rdbcompression", true).doc("Whether strings in snapshots are compressed.");

  /** {@code rdbchecksum}. */
  public final YesNoDirective rdbchecksum =
      yesNo("rdbchecksum", true)
          .immutable()
          .doc("Whether snapshots end in a checksum that is looked at when they are loaded.");

  /** {@code rdb-write-version}. */
  public final IntDirective rdbWriteVersion =
      integer("rdb-write-version", 9)
          .between(9, 12)
          .doc(
              "The lowest version of the RDB format to write. Data that needs a higher one gets"
                  + " it anyway; version 9 is what Redis 5 and all later ones load.");

  /** {@code sanitize-dump-payload}. */
  public final ChoiceDirective<Sanitize> sanitizeDumpPayload =
      choice("sanitize-dump-payload", Sanitize.NO)
          .acceptedWithoutEffect()
          .doc(
              "In Redis, whether values that RESTORE and a full sync bring are looked through"
                  + " first: no, yes, or clients, for ordinary clients only. Here all values are,"
                  + " always, those of files as well.");

  /** {@code dbfilename}. */
  public final TextDirective dbfilename =
      text("dbfilename", "dump.rdb")
          .guarded()
          .check(fileName("dbfilename", "filename", true))
          .doc("The name of the snapshot's file in dir.");

  /** {@code rdb-del-sync-files}. */
  public final YesNoDirective rdbDelSyncFiles =
      yesNo("rdb-del-sync-files", false)
          .doc("Whether files made for a full sync are removed where nothing else is persistent.");

  /** {@code rdb-save-incremental-fsync}. */
  public final YesNoDirective rdbSaveIncrementalFsync =
      yesNo("rdb-save-incremental-fsync", true)
          .doc("Whether snapshots are forced to the disk bit by bit.");

  /** {@code rdb-key-save-delay}. */
  public final IntDirective rdbKeySaveDelay =
      integer("rdb-key-save-delay", 0)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .hidden()
          .doc(
              "Microseconds to wait after each key that is saved; negative, for one microsecond"
                  + " after so many keys.");

  /** {@code key-load-delay}. */
  public final IntDirective keyLoadDelay =
      integer("key-load-delay", 0)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .hidden()
          .doc("The same for keys that are loaded.");

  /** {@code loading-process-events-interval-bytes}. */
  public final MemoryDirective loadingProcessEventsIntervalBytes =
      memory("loading-process-events-interval-bytes", 2 << 20)
          .between(1024, Integer.MAX_VALUE)
          .hidden()
          .acceptedWithoutEffect()
          .doc("How many bytes are loaded between two looks at clients.");

  {
    section("APPEND ONLY FILE");
  }

  /** {@code appendonly}. */
  public final YesNoDirective appendonly =
      yesNo("appendonly", false)
          .fixedWhileLoading()
          .doc("Whether every write is appended to a file, from which a start restores the data.");

  /** {@code appendfilename}. */
  public final TextDirective appendfilename =
      text("appendfilename", "appendonly.aof")
          .immutable()
          .check(fileName("appendfilename", "filename", false))
          .doc("What the names of the append-only files begin with.");

  /** {@code appenddirname}. */
  public final TextDirective appenddirname =
      text("appenddirname", "appendonlydir")
          .immutable()
          .check(fileName("appenddirname", "dirname", false))
          .doc("The directory of those files, in dir.");

  /** {@code appendfsync}. */
  public final ChoiceDirective<Appendfsync> appendfsync =
      choice("appendfsync", Appendfsync.EVERYSEC)
          .doc(
              "When writes are forced to the disk: always, before they are replied to;"
                  + " everysec; or no, when the system likes. With always see aof-commit-journal"
                  + " before another server is started on the files.");

  /** {@code aof-commit-journal}. */
  public final YesNoDirective aofCommitJournal =
      yesNo("aof-commit-journal", true)
          .doc(
              "Whether always uses a journal of a fixed size, which is forced in less time than a"
                  + " file that grows. After a crash of the system up to a second of writes may be"
                  + " only there: a real Redis that is started on the files then lacks them without"
                  + " a warning. Start Redoubt first, or run redis-check-aof --fix on the manifest:"
                  + " either puts them into the append-only file.");

  /** {@code no-appendfsync-on-rewrite}. */
  public final YesNoDirective noAppendfsyncOnRewrite =
      yesNo("no-appendfsync-on-rewrite", false)
          .doc(
              "Whether nothing is forced to the disk while a snapshot or a rewrite keeps it"
                  + " busy.");

  /** {@code auto-aof-rewrite-percentage}. */
  public final IntDirective autoAofRewritePercentage =
      integer("auto-aof-rewrite-percentage", 100)
          .doc(
              "Rewrite the file when it has grown by so many percent since the last rewrite; 0"
                  + " for never.");

  /** {@code auto-aof-rewrite-min-size}. */
  public final MemoryDirective autoAofRewriteMinSize =
      memory("auto-aof-rewrite-min-size", 64 << 20)
          .doc("The size below which it isn't rewritten by itself.");

  /** {@code aof-load-truncated}. */
  public final YesNoDirective aofLoadTruncated =
      yesNo("aof-load-truncated", true)
          .doc("Whether a file that ends amidst a command is loaded up to there.");

  /** {@code aof-use-rdb-preamble}. */
  public final YesNoDirective aofUseRdbPreamble =
      yesNo("aof-use-rdb-preamble", true).doc("Whether a rewritten file begins with a snapshot.");

  /** {@code aof-timestamp-enabled}. */
  public final YesNoDirective aofTimestampEnabled =
      yesNo("aof-timestamp-enabled", false)
          .doc("Whether the file has the time of its commands, so that it can be cut off at one.");

  /** {@code aof-rewrite-incremental-fsync}. */
  public final YesNoDirective aofRewriteIncrementalFsync =
      yesNo("aof-rewrite-incremental-fsync", true)
          .doc("Whether a rewrite is forced to the disk bit by bit.");

  /** {@code aof-disable-auto-gc}. */
  public final YesNoDirective aofDisableAutoGc =
      yesNo("aof-disable-auto-gc", false).hidden().doc("Whether files out of use are kept.");

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
