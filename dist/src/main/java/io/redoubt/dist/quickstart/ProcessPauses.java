package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.NodeProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The longest pauses during which the machine did not run a process of a group. They are read from
 * the logs of cluster nodes and sentinels, and explain slow or failed steps.
 */
final class ProcessPauses {
  private static final Pattern OF_NODE = Pattern.compile("This process was paused for (\\d+) ms");
  private static final String OF_SENTINEL = "+tilt";

  /** Pauses between these lines are part of a node's own start. */
  private static final String STARTING = "Redis is starting";

  private static final String READY = "Ready to accept connections";

  /** A sentinel enters tilt mode after a pause of this length. */
  private static final long TILT_MILLIS = 2_000;

  private ProcessPauses() {}

  /** Returns the longest pause of each process in one line, empty without pauses. */
  static Optional<String> describe(List<NodeProcess> nodes) {
    List<String> longest = new ArrayList<>();
    for (NodeProcess node : nodes) {
      long millis = longestMillis(node.log());
      if (millis > 0) {
        longest.add(
            String.format(Locale.ROOT, "127.0.0.1:%d for %.1f s", node.port(), millis / 1e3));
      }
    }
    return longest.isEmpty()
        ? Optional.empty()
        : Optional.of("the machine is busy: it paused " + String.join(", ", longest));
  }

  /** Returns the longest pause that a log names, 0 without any. */
  static long longestMillis(Path log) {
    long millis = 0;
    boolean ready = false;
    try {
      for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
        Matcher matcher = OF_NODE.matcher(line);
        if (line.contains(STARTING)) {
          ready = false;
        } else if (line.contains(READY)) {
          ready = true;
        } else if (ready && matcher.find()) {
          millis = Math.max(millis, Long.parseLong(matcher.group(1)));
        } else if (line.contains(OF_SENTINEL)) {
          millis = Math.max(millis, TILT_MILLIS);
        }
      }
    } catch (IOException e) {
      // Without the log the pauses are unknown.
    }
    return millis;
  }
}
