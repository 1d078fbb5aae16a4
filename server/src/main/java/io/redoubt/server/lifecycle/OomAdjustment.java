package io.redoubt.server.lifecycle;

import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.os.OomScore;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.settings.ServerDirectives.OomScoreAdj;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Adjusts the kernel's OOM score of the process to {@code oom-score-adj} and the role of the
 * server. The third of {@code oom-score-adj-values} is unused, since there are no child processes.
 */
public final class OomAdjustment {
  private final ServerDirectives settings;
  private final OomScore score;
  private final BooleanSupplier isReplica;
  private final Log log;
  private boolean appliedForReplica;

  /** Creates an adjustment without applying it. */
  public OomAdjustment(
      ServerDirectives settings, OomScore score, BooleanSupplier isReplica, Log log) {
    this.settings = settings;
    this.score = score;
    this.isReplica = isReplica;
    this.log = log;
  }

  /** Applies the settings now and after each CONFIG SET. */
  public void follow() {
    applyAndLog();
    settings.oomScoreAdj.onChange(this::change);
    settings.oomScoreAdjValues.onChange(this::change);
    settings.oomScoreAdjValues.onChange(this::warnOfOrder);
  }

  /** Applies the settings again if the role has changed. Called periodically. */
  public void followRole() {
    if (isReplica.getAsBoolean() != appliedForReplica) {
      applyAndLog();
    }
  }

  private void change() throws RefusedValue {
    if (!applyAndLog()) {
      throw new RefusedValue("Failed to apply new oom_score_adj configuration, check server logs.");
    }
  }

  private void warnOfOrder() {
    List<Integer> values = settings.oomScoreAdjValues.value();
    if (values.get(1) < values.get(0) || values.get(2) < values.get(1)) {
      log.warning(
          "The oom-score-adj-values configuration may not work for non-privileged processes! Please"
              + " consult the documentation.");
    }
  }

  private boolean applyAndLog() {
    appliedForReplica = isReplica.getAsBoolean();
    OomScoreAdj mode = settings.oomScoreAdj.value();
    try {
      if (mode == OomScoreAdj.NO) {
        score.restore();
      } else {
        int value = settings.oomScoreAdjValues.value().get(appliedForReplica ? 1 : 0);
        score.adjust(value, mode == OomScoreAdj.YES);
      }
      return true;
    } catch (IOException e) {
      log.warning("Unable to write oom_score_adj: %s", SystemErrors.text(e));
      return false;
    }
  }
}
