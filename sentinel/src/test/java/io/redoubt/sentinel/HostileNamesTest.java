package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names of masters that look like lines and fields stay within their fields. */
@Timeout(60)
final class HostileNamesTest {
  private static final String ANY_LINE_END =
      "\r\n|[\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029]";

  @TempDir private Path folder;

  @Test
  void aMastersNameIsTakenForNoLineOrField() throws Exception {
    int port = FreePorts.one();
    int watchPort = FreePorts.one();
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(
        file, "port %d\nbind 127.0.0.1\nmetrics-port %d\n".formatted(port, watchPort));
    Clock clock = Clock.system();
    Log log = Log.silent(clock);
    log.setFile(folder.resolve("log"));
    log.setLevel(Log.Level.DEBUG);
    SentinelHost host =
        SentinelHost.ofProcess(
            new Environment(clock, log, Seed.splittable(1)), NameLookup.ofSystem());
    try (SentinelServer server = SentinelServer.start(TestSentinels.load(file), host, () -> {});
        RespClient client = RespClient.connect("127.0.0.1", port)) {
      assertThat(server).isNotNull();
      for (String end : List.of("\n", "\r\n", "\u000b", "\u001c", "\u0085", "\u2028", ",")) {
        String name = "a" + end + "forged0:name=b" + end + "status=ok\"";
        assertThat(client.call("SENTINEL", "MONITOR", name, "127.0.0.1", "1", "1"))
            .isEqualTo(new Reply.Simple("OK"));
        Reply unused =
            client.call(
                "PUBLISH",
                "__sentinel__:hello",
                "127.0.0.1,2," + "1".repeat(40) + ",0," + name + ",127.0.0.1,1,0");
        String info = client.call("INFO", "everything").text();
        assertThat(info.split(ANY_LINE_END, -1))
            .noneMatch(line -> line.startsWith("forged"))
            .filteredOn(line -> line.matches("master\\d+:.*"))
            .isNotEmpty()
            .allMatch(line ->
                line.matches(
                    "master\\d+:name=[^,=]*,status=[a-z]+,address=127\\.0\\.0\\.1:1"
                        + ",slaves=0,sentinels=\\d+"));
        String metrics = HttpText.body(HttpText.get(watchPort, "/metrics"));
        assertThat(metrics.split(ANY_LINE_END, -1)).noneMatch(line -> line.startsWith("forged"));
      }
    }
    assertThat(Files.readString(folder.resolve("log")).split(ANY_LINE_END, -1))
        .allMatch(line -> line.matches("0:[XC] \\d\\d .{21} [.*#-] \\P{Cntrl}*|"));
  }
}
