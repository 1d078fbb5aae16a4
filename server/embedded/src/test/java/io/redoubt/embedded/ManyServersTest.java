package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Starts servers in sequence and at once, in a child process that reports its resources. */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
final class ManyServersTest {
  private static final int WARM_UP = 200;
  private static final int STARTS = Integer.getInteger("redoubt.starts", 200);
  private static final int AT_ONCE = 100;

  /** The resources of a process; its heap is fully resident from the start. */
  private record Held(long residentKib, long threads, long descriptors) {
    static Held now() throws IOException {
      try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
        return new Held(status("VmRSS:"), status("Threads:"), files.count());
      }
    }

    /** Waits up to ten seconds, because the kernel ends a thread a little after Java does. */
    static Held whenNoMoreThreadsThan(Held before) throws IOException, InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      Held held = now();
      while (held.threads > before.threads && System.nanoTime() < end) {
        Thread.sleep(10); // Awaitility would start a thread in the measured process
        held = now();
      }
      return held;
    }

    private static long status(String name) throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith(name)) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      throw new IOException("no " + name);
    }

    static Held parse(String line) {
      String[] words = line.split(" ", 3);
      return new Held(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]));
    }

    void print() {
      System.out.println(residentKib + " " + threads + " " + descriptors);
    }
  }

  /** The program of the child process. */
  static final class Program {
    public static void main(String[] words) throws IOException, InterruptedException {
      if (words[0].equals("repeated")) {
        startAndClose(1);
        Held.now().print();
        startAndClose(WARM_UP);
        Held before = Held.now();
        before.print();
        startAndClose(Integer.parseInt(words[1]));
        Held.whenNoMoreThreadsThan(before).print();
      } else {
        atOnce(Integer.parseInt(words[1]));
      }
    }

    private static void startAndClose(int times) {
      for (int i = 0; i < times; i++) {
        try (EmbeddedServer server = Redoubt.server().start()) {
          server.execute("SET", "a", "1");
        }
      }
    }

    private static void atOnce(int count) throws IOException {
      List<EmbeddedServer> servers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        servers.add(Redoubt.server().start());
      }
      for (EmbeddedServer server : servers) {
        server.execute("SET", "port", Integer.toString(server.port()));
      }
      for (EmbeddedServer server : servers) {
        if (!server.execute("GET", "port").text().equals(Integer.toString(server.port()))) {
          throw new IllegalStateException("another server's data");
        }
      }
      Held.now().print();
      servers.forEach(EmbeddedServer::close); // their threads would keep the process alive
    }
  }

  /** Allows a tenth of the resources of the first starts for late compilations. */
  @Test
  void holdsNoMoreAfterManyStarts() throws Exception {
    List<Held> held =
        run(List.of("-Xms64m", "-Xmx64m"), "repeated", Integer.toString(STARTS)).stream()
            .map(Held::parse)
            .toList();
    System.out.printf("first start, %d and %d more: %s%n", WARM_UP, STARTS, held);
    Held before = held.get(1);
    Held after = held.get(2);
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
    assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors());
    assertThat(after.residentKib()).isLessThan(before.residentKib() + before.residentKib() / 10);
  }

  @Test
  void servesAHundredAtOnceInASmallHeap() throws Exception {
    List<String> printed = run(List.of("-Xmx256m"), "at once", Integer.toString(AT_ONCE));
    System.out.println(AT_ONCE + " servers: " + Held.parse(printed.getFirst()));
  }

  private static List<String> run(List<String> options, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-XX:+AlwaysPreTouch");
    command.add("-XX:-UseDynamicNumberOfCompilerThreads"); // would count as the servers'
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Program.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> printed;
    try (var lines = process.inputReader()) {
      printed = lines.lines().toList();
    }
    assertThat(process.waitFor()).isZero();
    return printed;
  }
}
