package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the scripts of a sentinel: their occasions, arguments and failures. */
class ScriptsTest {
  private static final String OTHER_ID = "f13cf218665276fca68656336704e0d90a8571b9";

  @TempDir private Path folder;
  private int nodePort;
  private int port;
  private SentinelServer server;
  private RespClient client;

  @BeforeEach
  void start() throws Exception {
    nodePort = FreePorts.one();
    port = FreePorts.one();
    script("notify.sh", "echo \"$@\" >> " + folder.resolve("notified"));
    script("reconfig.sh", "echo \"$@\" >> " + folder.resolve("reconfigured"));
    script("again.sh", "echo x >> " + folder.resolve("tries") + "\nexit 1");
    script("slow.sh", "exec sleep 1000");
    script("wrong.sh", "exit 7");
    script("late.sh", "until [ -e go ]; do sleep 0.05; done\necho x > finished");
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        dir %s
        sentinel deny-scripts-reconfig no
        sentinel monitor mymaster 127.0.0.1 %d 2
        sentinel down-after-milliseconds mymaster 60000
        """
            .formatted(port, folder, nodePort));
    server = TestSentinels.start(TestSentinels.load(file));
    client = RespClient.connect("127.0.0.1", port);
  }

  private void script(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  private Reply call(String line) throws IOException {
    return client.call(line.split(" ", -1));
  }

  private List<String> lines(String name) throws IOException {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  @Test
  void runForEventsAndNewMasters() throws IOException {
    call(
        "SENTINEL SET mymaster notification-script "
            + folder.resolve("notify.sh")
            + " client-reconfig-script "
            + folder.resolve("reconfig.sh"));
    int newPort = nodePort + 1;
    call(
        "PUBLISH __sentinel__:hello 127.0.0.1,1,%s,3,mymaster,127.0.0.1,%d,3"
            .formatted(OTHER_ID, newPort));
    await()
        .untilAsserted(() ->
            assertThat(lines("notified"))
                .contains(
                    "+new-epoch 3",
                    "+switch-master mymaster 127.0.0.1 " + nodePort + " 127.0.0.1 " + newPort)
                .anyMatch(line -> line.startsWith("+config-update-from sentinel " + OTHER_ID))
                .noneMatch(line -> line.startsWith("+sentinel ")));
    await()
        .untilAsserted(() ->
            assertThat(lines("reconfigured"))
                .containsExactly(
                    "mymaster observer start 127.0.0.1 " + nodePort + " 127.0.0.1 " + newPort));
    await().until(() -> call("SENTINEL PENDING-SCRIPTS").elements().isEmpty());
  }

  @Test
  void retryOnRequest() throws IOException {
    call("SENTINEL DEBUG script-retry-delay 50");
    call("SENTINEL SET mymaster notification-script " + folder.resolve("again.sh"));
    await().until(() -> lines("tries").size() >= 3);
    Reply job = call("SENTINEL PENDING-SCRIPTS").elements().getFirst();
    assertThat(job.elements().get(1).elements())
        .extracting(Reply::text)
        .first()
        .isEqualTo(folder.resolve("again.sh").toString());
    assertThat(job.elements().get(8).text()).isEqualTo("retry-num");
    assertThat(job.elements().get(9).number()).isBetween(1L, 10L);
  }

  @Test
  void areKilledAfterTheTimeout() throws IOException {
    call("SENTINEL DEBUG script-max-runtime 200 script-retry-delay 600000");
    try (RespClient listener = RespClient.connect("127.0.0.1", port)) {
      listener.send("SUBSCRIBE", "-script-timeout");
      listener.receive();
      call("SENTINEL SET mymaster notification-script " + folder.resolve("slow.sh"));
      assertThat(listener.receive().elements().get(2).text())
          .startsWith(folder.resolve("slow.sh") + " ");
    }
    await()
        .untilAsserted(() ->
            assertThat(call("SENTINEL PENDING-SCRIPTS").elements().getFirst().elements().get(3))
                .extracting(Reply::text)
                .isEqualTo("scheduled"));
    assertThat(call("INFO sentinel").text())
        .contains("sentinel_running_scripts:0\r\nsentinel_scripts_queue_length:1\r\n");
  }

  @Test
  void areReportedIfTheyFail() throws IOException {
    try (RespClient listener = RespClient.connect("127.0.0.1", port)) {
      listener.send("SUBSCRIBE", "-script-error");
      listener.receive();
      call("SENTINEL SET mymaster notification-script " + folder.resolve("wrong.sh"));
      assertThat(listener.receive().elements().get(2).text())
          .isEqualTo(folder.resolve("wrong.sh") + " 0 7");
    }
    await().until(() -> call("SENTINEL PENDING-SCRIPTS").elements().isEmpty());
  }

  @Test
  void finishAfterTheSentinelHasClosed() throws IOException {
    call("SENTINEL SET mymaster notification-script " + folder.resolve("late.sh"));
    await()
        .untilAsserted(() ->
            assertThat(call("SENTINEL PENDING-SCRIPTS").elements())
                .anyMatch(job -> !job.elements().get(7).text().equals("0")));
    server.close();
    Files.createFile(folder.resolve("go"));
    await().until(() -> lines("finished").equals(List.of("x")));
  }
}
