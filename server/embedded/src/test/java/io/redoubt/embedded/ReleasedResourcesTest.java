package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.SelfSigned;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Starts and closes servers with most features on, again and again on the same ports and folders,
 * in a child process that counts its threads, descriptors and off-heap memory.
 */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
final class ReleasedResourcesTest {
  private static final int WARM_UP = 5;

  /**
   * The tolerated growth: direct buffers of the JDK are freed late. A buffer left in each round
   * would take more.
   */
  private static final long MOST_GROWTH_KIB = 100;

  @TempDir private Path folder;

  /** The program of the child process. */
  static final class Program {
    private static final Pattern OFF_HEAP = Pattern.compile("Other \\(reserved=(\\d+)KB");

    public static void main(String[] words) throws Exception {
      FeatureRounds.Kind kind = FeatureRounds.Kind.valueOf(words[0]);
      try (FeatureRounds rounds = new FeatureRounds(Path.of(words[1]))) {
        offHeapKib(); // loads the classes that measure
        rounds.run(kind, WARM_UP);
        HeldResources started = HeldResources.now();
        HeldResources before = HeldResources.whenNoMoreThreadsThan(started);
        before.print();
        System.out.println(offHeapKib());
        rounds.run(kind, kind.rounds());
        HeldResources.whenNoMoreThreadsThan(before).print();
        System.out.println(offHeapKib());
      }
      System.exit(0);
    }

    /** Returns the memory of arenas and direct buffers. */
    private static long offHeapKib() throws IOException {
      System.gc(); // frees direct buffers
      try {
        Object summary =
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "vmNativeMemory",
                    new Object[] {new String[] {"summary"}},
                    new String[] {String[].class.getName()});
        Matcher matcher = OFF_HEAP.matcher((String) summary);
        if (!matcher.find()) {
          throw new IOException("no off-heap memory in " + summary);
        }
        return Long.parseLong(matcher.group(1));
      } catch (JMException e) {
        throw new IOException(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void holdsNothingAfterClose(FeatureRounds.Kind kind) throws Exception {
    Path errors = folder.resolve("errors");
    SelfSigned.make(folder, "server");
    List<String> printed =
        HeldResources.printedBy(
            Program.class,
            List.of("-Xms128m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:NativeMemoryTracking=summary"),
            ProcessBuilder.Redirect.to(errors.toFile()),
            kind.name(),
            folder.toString());
    System.out.printf("%s, %d rounds: %s%n", kind, kind.rounds(), printed);
    HeldResources before = HeldResources.parse(printed.get(0));
    HeldResources after = HeldResources.parse(printed.get(2));
    assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors());
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
    assertThat(Long.parseLong(printed.get(3)))
        .isLessThan(Long.parseLong(printed.get(1)) + MOST_GROWTH_KIB);
    // A background thread that outlives the server must not fail because of it.
    assertThat(Files.readString(errors)).doesNotContain("Exception in thread");
  }
}
