package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;

import java.util.Random;

/** Commands of all kinds, many of which have several keys or none. */
final class Traffic {
  private static final int MEMBERS = 400;

  private final ReplicationNode node;
  private final Random random;
  private final RandomCommands commands;

  /**
   * Commands for a server.
   *
   * @param strings how many keys of strings there are
   */
  Traffic(ReplicationNode node, Random random, int strings) {
    this.node = node;
    this.random = random;
    this.commands = new RandomCommands(random, strings, MEMBERS);
  }

  /** A value or more of each kind in three databases. */
  void fill() throws Exception {
    for (byte[][] command : commands.fill()) {
      node.call(command);
    }
  }

  /** Writes until something holds; returns how many commands. */
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
