package sample;

import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.Redoubt;

/** Starts two servers, one after the other, and prints the milliseconds of each start. */
public final class Main {
  public static void main(String[] arguments) {
    for (String start : new String[] {"first", "second"}) {
      long before = System.nanoTime();
      try (EmbeddedServer server = Redoubt.server().start()) {
        long millis = (System.nanoTime() - before) / 1_000_000;
        server.execute("SET", "a", "1");
        if (!server.execute("INCR", "a").text().equals("2")) {
          throw new IllegalStateException("wrong reply");
        }
        System.out.println(start + " start: " + millis + " ms");
      }
    }
  }
}
