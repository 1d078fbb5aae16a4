package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

  /** The program of the child process. */
  static final class Program {
    public static void main(String[] words) throws IOException, InterruptedException {
      if (words[0].equals("repeated")) {
        startAndClose(1);
        HeldResources.now().print();
        startAndClose(WARM_UP);
        HeldResources before = HeldResources.now();
        before.print();
        startAndClose(Integer.parseInt(words[1]));
        HeldResources.whenNoMoreThreadsThan(before).print();
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
      HeldResources.now().print();
      servers.forEach(EmbeddedServer::close); // their threads would keep the process alive
    }
  }

  /** Allows a tenth of the resources of the first starts for late compilations. */
  @Test
  void holdsNoMoreAfterManyStarts() throws Exception {
    List<HeldResources> held =
        run(List.of("-Xms64m", "-Xmx64m"), "repeated", Integer.toString(STARTS)).stream()
            .map(HeldResources::parse)
            .toList();
    System.out.printf("first start, %d and %d more: %s%n", WARM_UP, STARTS, held);
    HeldResources before = held.get(1);
    HeldResources after = held.get(2);
    assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
    assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors());
    assertThat(after.residentKib()).isLessThan(before.residentKib() + before.residentKib() / 10);
  }

  @Test
  void servesAHundredAtOnceInASmallHeap() throws Exception {
    List<String> printed = run(List.of("-Xmx256m"), "at once", Integer.toString(AT_ONCE));
    System.out.println(AT_ONCE + " servers: " + HeldResources.parse(printed.getFirst()));
  }

  private static List<String> run(List<String> options, String... arguments) throws Exception {
    return HeldResources.printedBy(
        Program.class, options, ProcessBuilder.Redirect.INHERIT, arguments);
  }
}
