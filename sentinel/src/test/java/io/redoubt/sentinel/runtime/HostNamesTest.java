package io.redoubt.sentinel.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.ManualLoop;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostNamesTest {
  private final Map<String, InetAddress> nameServer = new HashMap<>();
  private final Deque<Runnable> lookups = new ArrayDeque<>();
  private final ManualLoop loop = new ManualLoop();
  private final List<String> changes = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private final HostNames names =
      new HostNames(
          loop,
          (name, task) ->
              new Thread(() -> lookups.add(task)) {
                @Override
                public synchronized void start() {
                  run();
                }
              },
          this::lookUp,
          (name, address) -> changes.add(name + " " + address.getHostAddress()));

  private InetAddress lookUp(String name) throws UnknownHostException {
    InetAddress address = nameServer.get(name);
    if (address == null) {
      throw new UnknownHostException(name);
    }
    return address;
  }

  private void find(String name) {
    names.find(name, found -> answers.add(found == null ? "none" : found.getHostAddress()));
  }

  private void answerLookups() {
    ManualLoop.run(lookups);
    ManualLoop.run(loop.tasks());
  }

  @Test
  void keepsTheLastAddressOfAnUnknownName() {
    nameServer.put("db", InetAddress.ofLiteral("10.0.0.1"));
    find("db");
    answerLookups();
    nameServer.remove("db");
    find("db");
    answerLookups();
    nameServer.put("db", InetAddress.ofLiteral("10.0.0.2"));
    find("db");
    answerLookups();
    assertThat(answers).containsExactly("10.0.0.1", "10.0.0.1", "10.0.0.2");
    assertThat(changes).containsExactly("db 10.0.0.1", "db 10.0.0.2");
  }

  @Test
  void reportsANameThatWasNeverResolved() {
    find("nowhere");
    answerLookups();
    assertThat(answers).containsExactly("none");
  }

  @Test
  void usesTheKnownAddressWithASlowNameServer() {
    nameServer.put("db", InetAddress.ofLiteral("10.0.0.1"));
    find("db");
    answerLookups();
    ManualLoop.run(loop.scheduled());
    find("db");
    assertThat(answers).hasSize(1);
    ManualLoop.run(loop.scheduled());
    assertThat(answers).containsExactly("10.0.0.1", "10.0.0.1");

    nameServer.put("db", InetAddress.ofLiteral("10.0.0.2"));
    answerLookups();
    assertThat(answers).as("each is answered once").hasSize(2);
    assertThat(changes).endsWith("db 10.0.0.2");
  }

  @Test
  void resolvesOnceForManyWaiters() {
    find("db");
    find("db");
    find("other");
    assertThat(lookups).hasSize(2);
    nameServer.put("db", InetAddress.ofLiteral("10.0.0.1"));
    answerLookups();
    assertThat(answers).containsExactly("10.0.0.1", "10.0.0.1", "none");
  }
}
