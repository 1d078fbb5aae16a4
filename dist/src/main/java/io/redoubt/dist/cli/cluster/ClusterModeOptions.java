package io.redoubt.dist.cli.cluster;

import io.redoubt.dist.client.UsageException;
import io.redoubt.dist.client.WordCursor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The subcommand of {@code --cluster} with its arguments, and the options of all of them. */
public final class ClusterModeOptions {
  private static final int DEFAULT_TIMEOUT_MILLIS = 60_000;
  private static final int DEFAULT_PIPELINE = 10;
  private static final double DEFAULT_THRESHOLD_PERCENT = 2;

  @Nullable String command;
  final List<String> arguments = new ArrayList<>();
  int replicas;
  @Nullable String masterId;
  @Nullable String from;
  @Nullable String to;
  int slots;

  /** Weights by node id or the start of one. */
  final Map<String, Double> weights = new HashMap<>();

  int timeoutMillis = DEFAULT_TIMEOUT_MILLIS;
  int pipeline = DEFAULT_PIPELINE;
  double thresholdPercent = DEFAULT_THRESHOLD_PERCENT;
  @Nullable String fromUser;
  @Nullable String fromPassword;
  boolean fromAsksForPassword;
  boolean agrees;
  boolean simulates;
  boolean replaces;
  boolean copies;
  boolean addsReplica;
  boolean usesEmptyMasters;
  boolean searchesMultipleOwners;
  boolean fixesWithUnreachableMasters;
  boolean onlyMasters;
  boolean onlyReplicas;

  /** Starts without a subcommand. */
  public ClusterModeOptions() {}

  public boolean isChosen() {
    return command != null;
  }

  /**
   * Parses an option and its value.
   *
   * @return false if it is no option of {@code --cluster}
   */
  public boolean take(String name, WordCursor words) throws UsageException {
    switch (name) {
      case "--cluster" -> {
        if (command != null) {
          throw new UsageException("redis-cli: --cluster takes one command");
        }
        command = words.value(name);
        while (words.hasNext() && !words.optionFollows()) {
          arguments.add(words.next());
        }
      }
      case "--cluster-replicas" -> replicas = words.number(name, 0, Integer.MAX_VALUE);
      case "--cluster-master-id" -> masterId = words.value(name);
      case "--cluster-from" -> from = words.value(name);
      case "--cluster-to" -> to = words.value(name);
      case "--cluster-slots" -> slots = words.number(name, 0, Integer.MAX_VALUE);
      case "--cluster-weight" -> weights(words);
      case "--cluster-timeout" -> timeoutMillis = words.number(name, 0, Integer.MAX_VALUE);
      case "--cluster-pipeline" -> pipeline = words.number(name, 1, Integer.MAX_VALUE);
      case "--cluster-threshold" -> thresholdPercent = words.seconds(name);
      case "--cluster-from-user" -> fromUser = words.value(name);
      case "--cluster-from-pass" -> fromPassword = words.value(name);
      default -> {
        return flag(name);
      }
    }
    return true;
  }

  private boolean flag(String name) {
    switch (name) {
      case "--cluster-yes" -> agrees = true;
      case "--cluster-simulate" -> simulates = true;
      case "--cluster-replace" -> replaces = true;
      case "--cluster-copy" -> copies = true;
      case "--cluster-slave", "--cluster-replica" -> addsReplica = true;
      case "--cluster-use-empty-masters" -> usesEmptyMasters = true;
      case "--cluster-search-multiple-owners" -> searchesMultipleOwners = true;
      case "--cluster-fix-with-unreachable-masters" -> fixesWithUnreachableMasters = true;
      case "--cluster-from-askpass" -> fromAsksForPassword = true;
      case "--cluster-only-masters" -> onlyMasters = true;
      case "--cluster-only-replicas" -> onlyReplicas = true;
      default -> {
        return false;
      }
    }
    return true;
  }

  private void weights(WordCursor words) throws UsageException {
    while (words.hasNext() && !words.optionFollows()) {
      String word = words.next();
      int equals = word.indexOf('=');
      try {
        double weight = Double.parseDouble(word.substring(equals + 1));
        if (equals > 0 && weight >= 0 && weight < Double.POSITIVE_INFINITY) {
          weights.put(word.substring(0, equals), weight);
          continue;
        }
      } catch (NumberFormatException e) {
        // refused below
      }
      throw new UsageException("redis-cli: a weight is NODE=NUMBER, not '" + word + "'");
    }
  }
}
