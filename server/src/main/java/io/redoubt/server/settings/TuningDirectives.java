package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The directives of mechanisms that exist for speed on particular machines. */
public final class TuningDirectives extends DirectiveGroup {

  {
    startSection("TUNING");
  }

  public final IntDirective gatheringMicros =
      integer("gathering-micros", 0)
          .between(0, 1000)
          .doc(
              "The maximum pause before reading requests, in microseconds. It "
                  + "collects the requests of many clients into one batch, at less "
                  + "processor time for each; latency rises by up to as much. 0 disables "
                  + "it.");

  public final IntDirective snapshotLoopPercent =
      integer("snapshot-loop-percent", 8)
          .between(1, 90)
          .doc(
              "The share of the event loop's time that a save or a rewrite of the append-only file"
                  + " may take while commands run, in percent. Keys that are saved earlier because"
                  + " a command changes them don't count. A snapshot that starts later uses a"
                  + " changed value.");

  public final IntDirective fullSyncLoopPercent =
      integer("full-sync-loop-percent", 25)
          .between(1, 90)
          .doc("The same for snapshots for replicas.");

  public final YesNoDirective snapshotThreadRests =
      yesNo("snapshot-thread-rests", true)
          .doc(
              "Let the thread that compresses and writes a snapshot rest while "
                  + "commands run, if processors are scarce. Has no effect if the thread "
                  + "never waits for a processor.");

  public final IntDirective aofLoopWaitMicros =
      integer("aof-loop-wait-micros", 5000)
          .between(0, 1_000_000)
          .doc(
              "The maximum time in microseconds that the event loop waits in one turn with"
                  + " appendfsync always: for requests to share a sync, and for the sync. With 0 it"
                  + " never waits; another thread finishes the sync.");
}
