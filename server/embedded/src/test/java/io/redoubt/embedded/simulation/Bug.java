package io.redoubt.embedded.simulation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.embedded.simulation.GroupStorm.Fault;
import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.ForwardingDisk;
import io.redoubt.persistence.io.ForwardingFile;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.group.GroupConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A bug planted in the disks, the network or the clients of a simulated group. */
enum Bug {
  /** No bug. */
  NONE,
  /** Servers don't write their promises to sentinels to disk. */
  FORGOTTEN_PROMISE,
  /** Sentinels choose the replica by its priority before its offset. */
  PRIORITY_FIRST,
  /** Servers use a lease for longer than down-after-milliseconds. */
  LONG_LEASE,
  /** Masters reply before replicas have acknowledged the write. */
  EARLY_REPLY,
  /** Masters answer reads without confirming their leadership, even when they are cut off. */
  HASTY_READ,
  /** Replicas record the idempotent ids of entries for another producer. */
  MISTAKEN_IDS;

  private static final Pattern ANSWER =
      Pattern.compile("\\$\\d+\r\n(fenced [0-9a-f]{40} )\\d+( [01] [^\r]*)\r\n");
  private static final Pattern LEASE =
      Pattern.compile("(sentinel-lease \\S+ [0-9a-f]{40} \\d+ \\d+ )([1-9]\\d*)( )");
  private static final Pattern PRODUCER =
      Pattern.compile("(XIDMPRECORD\r\n\\$\\d+\r\n[a-z]+\r\n\\$\\d+\r\n[0-9.]*)[0-9]");

  /** An offset that exceeds all others. */
  private static final long GREAT_OFFSET = 1_000_000_000;

  /** Returns a seed shortly before one that exposes the bug, because a build has little time. */
  long firstSeed() {
    return switch (this) {
      case NONE, LONG_LEASE, HASTY_READ, MISTAKEN_IDS -> 1;
      case FORGOTTEN_PROMISE -> 210;
      case PRIORITY_FIRST -> 75;
      case EARLY_REPLY -> 5;
    };
  }

  /** Returns the workload that exposes the bug. */
  Workload workload() {
    return this == MISTAKEN_IDS ? Workload.ENTRIES : Workload.VALUES;
  }

  /** Returns the faults that expose the bug; empty to choose them at random. */
  Set<Fault> faults() {
    return switch (this) {
      case NONE -> Set.of();
      case FORGOTTEN_PROMISE -> EnumSet.of(Fault.SIEGE_OF_MASTER, Fault.AIMED_SIEGE);
      case PRIORITY_FIRST -> EnumSet.of(Fault.LAGGING_REPLICA, Fault.KILL_MASTER);
      case LONG_LEASE, HASTY_READ -> EnumSet.of(Fault.SIEGE_OF_MASTER);
      case EARLY_REPLY -> EnumSet.of(Fault.KILL_MASTER, Fault.LAGGING_REPLICA);
      case MISTAKEN_IDS -> EnumSet.of(Fault.KILL_MASTER, Fault.RESET);
    };
  }

  /** Plants the bug. */
  void plant(SimulatedGroup group) {
    switch (this) {
      case NONE -> {}
      case FORGOTTEN_PROMISE ->
          group.servers().forEach(each -> each.node().machine().setDiskDoor(ForgetfulDisk::new));
      case PRIORITY_FIRST -> {
        for (int i = 0; i < group.servers().size(); i++) {
          group.servers().get(i).options().add("replica-priority " + (i + 1));
        }
        group.network().setTap((from, to, bytes) -> answersByPriority(group, from, bytes));
      }
      case LONG_LEASE -> group.network().setTap((from, to, bytes) -> lengthened(bytes));
      case EARLY_REPLY -> group.clients().replyEarly();
      case MISTAKEN_IDS -> group.network().setTap((from, to, bytes) -> ofAnotherProducer(bytes));
      case HASTY_READ -> group.servers().forEach(each -> each.options().add("write-acks-reads no"));
    }
  }

  /** Makes the offset in replies to FENCE follow the server's priority. */
  private static byte[] answersByPriority(SimulatedGroup group, String from, byte[] bytes) {
    Matcher answer = ANSWER.matcher(new String(bytes, ISO_8859_1));
    List<String> hosts = group.servers().stream().map(GroupServer::host).toList();
    long offset = GREAT_OFFSET - hosts.indexOf(from);
    return answer
        .replaceAll(found -> {
          String text = found.group(1) + offset + found.group(2);
          return Matcher.quoteReplacement("$" + text.length() + "\r\n" + text + "\r\n");
        })
        .getBytes(ISO_8859_1);
  }

  /** Replaces the length of an offered lease by the greatest number with as many digits. */
  private static byte[] lengthened(byte[] bytes) {
    Matcher offer = LEASE.matcher(new String(bytes, ISO_8859_1));
    return offer
        .replaceAll(found -> found.group(1) + "9".repeat(found.group(2).length()) + found.group(3))
        .getBytes(ISO_8859_1);
  }

  /** Replaces the producer in commands that record idempotent ids. */
  private static byte[] ofAnotherProducer(byte[] bytes) {
    Matcher producer = PRODUCER.matcher(new String(bytes, ISO_8859_1));
    return producer.replaceAll("$1x").getBytes(ISO_8859_1);
  }

  /** A disk that removes promises to sentinels from the file of a group member. */
  private static final class ForgetfulDisk extends ForwardingDisk {
    private static final int PROMISED = 2;
    private static final int PROMISED_TO = 3;
    private static final int GROUP = 5;

    ForgetfulDisk(Disk disk) {
      super(disk);
    }

    @Override
    public DiskFile create(Path path) throws IOException {
      DiskFile file = super.create(path);
      return path.getFileName().toString().startsWith("write-acks-")
          ? new ForgetfulFile(file)
          : file;
    }

    private static byte[] forgotten(byte[] content) {
      String[] fields = new String(content, US_ASCII).strip().split(" ", -1);
      if (fields[PROMISED_TO].equals("-")) {
        return content;
      }
      GroupChain chain = GroupChain.parse(fields[GROUP]);
      GroupConfig newest = chain == null ? null : chain.newest();
      fields[PROMISED] = Long.toString(newest == null ? 0 : newest.term());
      fields[PROMISED_TO] = "-";
      return (String.join(" ", fields) + "\n").getBytes(US_ASCII);
    }

    private static final class ForgetfulFile extends ForwardingFile {
      ForgetfulFile(DiskFile file) {
        super(file);
      }

      @Override
      public void write(MemorySegment memory, long offset, long length) throws IOException {
        byte[] content = forgotten(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
        super.write(MemorySegment.ofArray(content), 0, content.length);
      }
    }
  }
}
