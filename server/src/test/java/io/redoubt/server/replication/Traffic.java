package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;

import java.util.Random;

/** Sends commands of all kinds, many of which have several keys or none. */
final class Traffic {
  private static final int MEMBERS = 400;

  private final ReplicationNode node;
  private final Random random;
  private final RandomCommands commands;

  /**
   * Creates a source of commands for a server.
   *
   * @param strings the number of string keys
   */
  Traffic(ReplicationNode node, Random random, int strings) {
    this.node = node;
    this.random = random;
    this.commands = new RandomCommands(random, strings, MEMBERS);
  }

  /** Creates at least one value of each kind in three databases. */
  void fill() throws Exception {
    for (byte[][] command : commands.fill()) {
      node.call(command);
    }
  }

  /** Writes until a condition holds; returns the number of commands. */
  long writesUntil(ReplicationNode.Condition condition) throws Exception {
    long[] writes = {0};
    until(
        "the sync",
        () -> {
          write(20);
          writes[0] += 20;
          return condition.holds();
        });
    return writes[0];
  }

  void write(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      if (random.nextInt(10) == 0) {
        node.ask("SELECT " + random.nextInt(3));
      }
      boolean transaction = random.nextInt(8) == 0;
      if (transaction) {
        node.ask("MULTI");
      }
      for (int n = transaction ? 3 : 1; n > 0; n--) {
        node.call(commands.next());
      }
      if (transaction) {
        node.call("EXEC");
      }
    }
  }
}
