package io.redoubt.server.aof;

import io.redoubt.protocol.process.Log;

/**
 * The units of execution whose effects are missing in the append-only file, because a write ran out
 * of memory half-way. A later rewrite includes them.
 */
final class MissingEffects {
  private final Log log;
  private long units;
  private long unitsBeforeRewrite;
  private long rewrittenUnits;

  MissingEffects(Log log) {
    this.log = log;
  }

  /** Counts a unit whose effects are missing. */
  void add() {
    if (!exist()) {
      log.warning(
          "A write ran out of memory half-way: the append only file lacks it until the next"
              + " rewrite.");
    }
    units++;
  }

  /** Notes that a rewrite starts, with the data set as it is now. */
  void rewriteStarts() {
    unitsBeforeRewrite = units;
  }

  /** Notes that the rewrite that was started last is in place. */
  void rewritten() {
    boolean existed = exist();
    rewrittenUnits = unitsBeforeRewrite;
    if (existed && !exist()) {
      log.notice("The append only file is complete again.");
    }
  }

  /** Returns true if the files do not lead to the data set. */
  boolean exist() {
    return units != rewrittenUnits;
  }
}
