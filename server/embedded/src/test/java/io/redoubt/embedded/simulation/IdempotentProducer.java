package io.redoubt.embedded.simulation;

import java.util.List;
import java.util.Random;

/**
 * A producer of stream entries with idempotent ids. It sends each entry until one answer confirms
 * it, and at random sends confirmed ones again.
 */
final class IdempotentProducer {
  private static final int RESENT = 10;

  private final String name;
  private final boolean digested;
  private final History history;
  private long newest;

  /**
   * Creates a producer.
   *
   * @param digested true to let the server derive the ids from the entries (IDMPAUTO)
   */
  IdempotentProducer(String name, boolean digested, History history) {
    this.name = name;
    this.digested = digested;
    this.history = history;
  }

  /** Returns the value of the entry to send. */
  String next(Random random) {
    if (random.nextInt(4) == 0 && newest > 0) {
      return value(Math.max(1, newest - random.nextInt(RESENT)));
    }
    if (newest == 0 || isConfirmed(value(newest))) {
      newest++;
    }
    return value(newest);
  }

  private String value(long entry) {
    return name + "/" + entry;
  }

  private boolean isConfirmed(String value) {
    return !history.events(each -> each.isDone() && each.argument.equals(value)).isEmpty();
  }

  /** Returns the command that adds an entry. */
  String[] command(String stream, String value) {
    List<String> words =
        digested
            ? List.of("XADD", stream, "IDMPAUTO", name, "*", "value", value)
            : List.of("XADD", stream, "IDMP", name, value, "*", "value", value);
    return words.toArray(String[]::new);
  }
}
