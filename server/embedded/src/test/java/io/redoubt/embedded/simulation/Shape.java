package io.redoubt.embedded.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The configuration of a simulated group.
 *
 * @param servers the number of servers at the start
 * @param sentinels the number of sentinels
 * @param downAfterMillis the sentinels' down-after-milliseconds
 * @param acks the value of write-acks; "0" disables it
 * @param reads true for write-acks-reads yes
 * @param durable true for write-acks-durable yes
 * @param lease true for sentinel-lease yes
 */
record Shape(
    int servers,
    int sentinels,
    int downAfterMillis,
    String acks,
    boolean reads,
    boolean durable,
    boolean lease) {

  /** Returns a random shape with acknowledged writes, leases, or both. */
  static Shape random(Random random) {
    int servers = 3 + random.nextInt(2);
    boolean onlyLease = random.nextInt(6) == 0;
    List<String> acks = new ArrayList<>(List.of("1", "1", "majority"));
    if (servers > 3) {
      acks.add("2");
    }
    return new Shape(
        servers,
        random.nextInt(4) == 0 ? 5 : 3,
        800 + random.nextInt(1700),
        onlyLease ? "0" : acks.get(random.nextInt(acks.size())),
        random.nextBoolean(),
        random.nextInt(4) == 0,
        onlyLease || random.nextInt(4) == 0);
  }

  /** Returns the shape that exposes a bug, or this one. */
  Shape showing(Bug bug) {
    return switch (bug) {
      case NONE -> this;
      case FORGOTTEN_PROMISE, PRIORITY_FIRST, EARLY_REPLY, MISTAKEN_IDS ->
          new Shape(3, 3, downAfterMillis, "1", reads, false, false);
      case HASTY_READ -> new Shape(servers, 3, downAfterMillis, "1", true, false, false);
      case LONG_LEASE -> new Shape(servers, 3, 1500, "0", false, false, true);
    };
  }

  boolean hasAcks() {
    return !acks.equals("0");
  }

  int quorum() {
    return sentinels / 2 + 1;
  }

  /** Returns random lines of a server's configuration. */
  List<String> options(Random random) {
    List<String> lines = new ArrayList<>();
    lines.add("repl-timeout 5");
    lines.add("repl-ping-replica-period 1");
    lines.add("repl-backlog-size " + List.of("16kb", "1mb").get(random.nextInt(2)));
    lines.add("repl-diskless-sync " + yesNo(random.nextBoolean()));
    lines.add("repl-interleaved-sync " + yesNo(random.nextInt(4) > 0));
    lines.add(
        "repl-diskless-load "
            + List.of("disabled", "on-empty-db", "swapdb").get(random.nextInt(3)));
    lines.add("write-acks " + acks);
    lines.add("write-acks-timeout " + (300 + random.nextInt(1200)));
    lines.add("write-acks-reads " + yesNo(reads));
    lines.add("write-acks-durable " + yesNo(durable));
    lines.add("sentinel-lease " + yesNo(lease));
    if (durable || random.nextInt(2) == 0) {
      lines.add("appendonly yes");
      lines.add("appendfsync " + (random.nextInt(3) == 0 ? "everysec" : "always"));
    }
    return lines;
  }

  private static String yesNo(boolean value) {
    return value ? "yes" : "no";
  }
}
