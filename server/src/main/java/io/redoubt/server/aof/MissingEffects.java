package io.redoubt.server.aof;

import io.redoubt.protocol.process.Log;

/**
 * Counts units of execution whose effects are missing from the append-only file, because a write
 * ran out of memory half-way. A later rewrite includes them.
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

  /** Records the start of a rewrite, whose snapshot includes all units so far. */
  void onRewriteStart() {
    unitsBeforeRewrite = units;
  }

  /** Records that the result of the last started rewrite is in place. */
  void onRewritten() {
    boolean existed = exist();
    rewrittenUnits = unitsBeforeRewrite;
    if (existed && !exist()) {
      log.notice("The append only file is complete again.");
    }
  }

  /** Returns true if a load of the files would not restore the data set. */
  boolean exist() {
    return units != rewrittenUnits;
  }
}
