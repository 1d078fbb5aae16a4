package measure;

import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.Redoubt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Many servers at once, and one after the other. */
final class Many {
  private static final int ROWS = 10;

  private Many() {}

  /** Starts servers, writes to each, and closes them. */
  static void atOnce(int count) throws IOException {
    List<EmbeddedServer> servers = new ArrayList<>();
    row("before");
    for (int i = 0; i < count; i++) {
      servers.add(Redoubt.server().start());
    }
    for (EmbeddedServer server : servers) {
      server.execute("SET", "port", "" + server.port());
    }
    row(count + " servers");
    for (EmbeddedServer server : servers) {
      if (!server.execute("GET", "port").text().equals("" + server.port())) {
        throw new IllegalStateException("another server's data");
      }
    }
    servers.forEach(EmbeddedServer::close);
    row("closed");
  }

  static void repeated(int count) throws IOException {
    row("before");
    for (int i = 1; i <= count; i++) {
      try (EmbeddedServer server = Redoubt.server().start()) {
        server.execute("SET", "a", "1");
      }
      if (i % Math.max(1, count / ROWS) == 0) {
        row(i + " starts");
      }
    }
  }

  private static void row(String title) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    long heap = (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      System.out.printf(
          "%-12s %4d MB resident, %3d MB heap of at most %d, %3d threads, %3d descriptors%n",
          title,
          status("VmRSS:") >> 10,
          heap,
          runtime.maxMemory() >> 20,
          status("Threads:"),
          files.count());
    }
  }

  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no " + name);
  }
}
