package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Data that commands can create can be saved, loaded, dumped and replicated: random sequences of
 * write commands with arguments at their limits, one seed each.
 *
 * <p>{@code -Dredoubt.survival.minutes=60} runs longer than a build does; {@code -Dredoubt.seed=…}
 * starts with that sequence, {@code -Dredoubt.survival.sequences=1} stops after it.
 */
final class SurvivalTest {
  private static final Duration USUAL = Duration.ofSeconds(40);
  private static final Duration SHRINKING = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private int rigs;
  private long states;
  private long keys;
  private long commands;

  private record Sequence(List<byte[][]> commands, boolean alone, boolean interleaved) {}

  private static Sequence sequence(long seed) {
    Random random = Seed.from(seed);
    boolean alone = random.nextInt(3) == 0;
    boolean interleaved = random.nextBoolean();
    return new Sequence(new LimitCommands(random, alone).sequence(), alone, interleaved);
  }

  @Test
  void keepsTheDataSetInRandomSequences() throws Exception {
    RealRedis.assumeInstalled();
    long first = Seed.print("SurvivalTest");
    long most = Long.getLong("redoubt.survival.sequences", Long.MAX_VALUE);
    Integer minutes = Integer.getInteger("redoubt.survival.minutes");
    Duration duration = minutes == null ? USUAL : Duration.ofMinutes(minutes);
    final long end = System.nanoTime() + duration.toNanos();
    long done = 0;
    List<String> reports = new ArrayList<>();
    SurvivalRig rig = rig();
    try {
      while (done < most && System.nanoTime() < end) {
        long seed = first + done;
        Sequence sequence = sequence(seed);
        String failure = rig.failure(sequence.commands(), sequence.alone(), sequence.interleaved());
        done++;
        if (failure != null) {
          String log = rig.logEnd();
          close(rig);
          rig = rig();
          if (!sequence.alone() && rig.realEndsByItself(sequence.commands())) {
            System.out.println("SurvivalTest: Redis ends by itself, seed " + seed);
            close(rig);
            rig = rig();
            continue;
          }
          reports.add(report(seed, sequence, failure, log));
          System.out.println("SurvivalTest: " + reports.getLast());
          if (reports.size() == most(minutes)) {
            break;
          }
        }
      }
    } finally {
      close(rig);
    }
    System.out.printf(
        "SurvivalTest: seeds %d to %d: %d sequences, %d commands, %d states, %d keys%n",
        first, first + done - 1, done, commands, states, keys);
    assertThat(reports).isEmpty();
  }

  /** Returns the number of failures that ends a run: a long run continues after the first ones. */
  private static int most(Integer minutes) {
    return minutes == null ? 1 : 8;
  }

  private SurvivalRig rig() throws Exception {
    return new SurvivalRig(Files.createDirectories(directory.resolve("rig" + rigs++)));
  }

  private void close(SurvivalRig rig) {
    states += rig.states();
    keys += rig.keys();
    commands += rig.commands();
    rig.close();
  }

  private String report(long seed, Sequence sequence, String failure, String log) throws Exception {
    List<byte[][]> few = shrunken(sequence, kind(failure));
    StringBuilder text = new StringBuilder();
    text.append(failure.length() > 6000 ? failure.substring(0, 6000) + "…" : failure);
    text.append("\n-Dredoubt.seed=").append(seed).append(" -Dredoubt.survival.sequences=1");
    text.append(sequence.alone() ? "\nwithout a real Redis" : "\nwith a real Redis");
    text.append(sequence.interleaved() ? ", interleaved syncs\n" : ", plain syncs\n");
    few.forEach(command -> text.append("  ").append(SurvivalRig.shown(command)).append('\n'));
    return text.append(log).toString();
  }

  /** Returns the failed step, or the command with different replies. */
  private static String kind(String failure) {
    return failure.split(failure.startsWith("after ") ? " [^ ]+ " : ":", 2)[0];
  }

  /** Removes commands, in smaller and smaller pieces, as long as the sequence still fails. */
  private List<byte[][]> shrunken(Sequence sequence, String kind) throws Exception {
    long end = System.nanoTime() + SHRINKING.toNanos();
    List<byte[][]> kept = sequence.commands();
    SurvivalRig rig = rig();
    for (int piece = Math.max(1, kept.size() / 2); piece > 0; piece /= 2) {
      for (int at = 0; at < kept.size() && System.nanoTime() < end; ) {
        List<byte[][]> without = new ArrayList<>(kept.subList(0, at));
        without.addAll(kept.subList(Math.min(kept.size(), at + piece), kept.size()));
        String failure = rig.failure(without, sequence.alone(), sequence.interleaved());
        if (failure != null && kind(failure).equals(kind)) {
          kept = without;
        } else {
          at += piece;
        }
        if (failure != null) {
          rig.close();
          rig = rig();
        }
      }
    }
    rig.close();
    return kept;
  }
}
