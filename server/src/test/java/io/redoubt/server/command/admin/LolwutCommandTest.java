package io.redoubt.server.command.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@ServerTest("enable-module-command local")
final class LolwutCommandTest {
  private static final String VERSION =
      "Redis ver. 7.2.6\nRedoubt ver. " + Version.ofThisProcess().number() + "\n";

  private final Dialogue redis;

  LolwutCommandTest(Dialogue redis) {
    this.redis = redis;
  }

  @Test
  void repliesTheVersionUnlessAPictureIsAskedFor() {
    assertThat(redis.text("LOLWUT")).isEqualTo(VERSION);
    assertThat(redis.text("LOLWUT 5")).isEqualTo(VERSION);
    assertThat(redis.text("LOLWUT VERSION 7")).isEqualTo(VERSION);
    redis.says("LOLWUT VERSION x", "(error) ERR value is not an integer or out of range");
    redis.ask("HELLO 3");
    assertThat(redis.reply("LOLWUT")).isInstanceOf(Reply.Verbatim.class);
  }

  @Test
  void drawsSquares() {
    String picture = redis.text("LOLWUT VERSION 5 40 4 6");
    assertThat(picture).endsWith(VERSION);
    assertThat(picture.lines().findFirst().orElseThrow()).hasSize(40);
    assertThat(picture.chars().filter(c -> c > 0x2800 && c <= 0x28ff).count()).isGreaterThan(100);
    assertThat(redis.text("LOLWUT VERSION 5")).isNotEqualTo(redis.text("LOLWUT VERSION 5"));
    assertThat(redis.text("LOLWUT VERSION 5 -1 0 0")).endsWith(VERSION);
    assertThat(redis.text("LOLWUT VERSION 5 100000 1 100000").lines().count()).isLessThan(1100);
  }

  @Test
  void drawsASkyline() {
    String picture = redis.text("LOLWUT VERSION 6 50 12");
    assertThat(picture).endsWith(VERSION).contains("░", "▒");
    assertThat(picture.lines().limit(12)).allMatch(line -> line.length() == 50);
    assertThat(redis.text("LOLWUT VERSION 6 1 1")).endsWith(VERSION);
    assertThat(redis.text("LOLWUT VERSION 6 9999 9999").lines().count()).isLessThan(1100);
  }

  @Test
  void restoresAsForACluster() throws IOException {
    redis.says("SET key value", "OK");
    byte[] payload = ((Reply.Bulk) redis.client().call("DUMP", "key")).bytes();
    Reply restored =
        redis
            .client()
            .call(
                "RESTORE-ASKING".getBytes(US_ASCII),
                "other".getBytes(US_ASCII),
                "0".getBytes(US_ASCII),
                payload);
    assertThat(restored.text()).isEqualTo("OK");
    redis.says("GET other", "\"value\"");
  }

  @Test
  void refusesModules() {
    redis.says("MODULE LIST", "(empty array)");
    assertThat(redis.ask("MODULE LOAD /tmp/m.so a b"))
        .startsWith("(error) ERR Error loading the extension. Modules are native code");
    assertThat(redis.ask("MODULE LOADEX /tmp/m.so CONFIG a b ARGS c"))
        .startsWith("(error) ERR Error loading the extension.");
    redis.says(
        "MODULE UNLOAD m", "(error) ERR Error unloading module: no such module with that name");
    assertThat(redis.ask("MODULE HELP")).contains("LOADEX");
  }
}
