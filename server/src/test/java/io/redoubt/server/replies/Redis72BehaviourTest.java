package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.Test;

/** Behaviour of Redis 7.2.6 where that of Redis 7.0 differs; each was observed on a real 7.2.6. */
@ServerTest
final class Redis72BehaviourTest {
  private final Dialogue redis;
  private final RedisServer server;

  Redis72BehaviourTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @Test
  void usersSanitizePayloadsUnlessToldOtherwise() {
    redis.says("ACL SETUSER u", "OK");
    assertThat(redis.ask("ACL LIST"))
        .contains("user default on nopass sanitize-payload ~* &* +@all")
        .contains("user u off sanitize-payload resetchannels -@all");
    assertThat(redis.ask("ACL GETUSER u")).contains("\"off\"\n").contains("\"sanitize-payload\"");
    redis.says("ACL SETUSER u skip-sanitize-payload", "OK");
    assertThat(redis.ask("ACL LIST"))
        .contains("user u off skip-sanitize-payload resetchannels -@all");
    redis.says("ACL SETUSER u reset", "OK");
    assertThat(redis.ask("ACL LIST")).contains("user u off sanitize-payload resetchannels -@all");
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void denialsNameTheUserAndTheCommand() {
    redis.says("ACL SETUSER u on nopass ~k* &c* +get +eval +publish +multi +exec", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      other.says("GET a", "(error) NOPERM No permissions to access a key");
      other.says("PUBLISH a b", "(error) NOPERM No permissions to access a channel");
      other.says(
          "CONFIG SET a b",
          "(error) NOPERM User u has no permissions to run the 'config|set' command");
      other.says("MULTI", "OK");
      other.says("DEL k", "(error) NOPERM User u has no permissions to run the 'del' command");
      assertThat(other.ask("EXEC")).startsWith("(error) EXECABORT");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void denialsInScriptsNameTheUserAndTheCommand() {
    redis.says("ACL SETUSER u on nopass ~k* &c* +get +eval +publish", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      String denied = "(error) ERR ACL failure in script: ";
      other.says(
          "EVAL \"return redis.pcall('get', ARGV[1])\" 0 a",
          denied + "No permissions to access a key");
      other.says(
          "EVAL \"return redis.pcall('publish', ARGV[1], 'x')\" 0 a",
          denied + "No permissions to access a channel");
      other.says(
          "EVAL \"return redis.pcall('del', ARGV[1])\" 0 k",
          denied + "User u has no permissions to run the 'del' command");
      assertThat(other.ask("EVAL \"return redis.acl_check_cmd()\" 0"))
          .startsWith("(error) ERR Please specify at least one argument for this redis lib call");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void wokenCommandsAreCheckedAgainstTheUsersPresentRules() throws Exception {
    redis.says("ACL SETUSER u on nopass ~* +@all", "OK");
    try (var other = new Dialogue(server.port())) {
      other.says("AUTH u any", "OK");
      other.client().send("BLPOP", "l", "0");
      awaitBlocked();
      redis.says("ACL SETUSER u -blpop", "OK");
      redis.says("LPUSH l x", "(integer) 1");
      other.hears("(error) NOPERM User u has no permissions to run the 'blpop' command");
      redis.says("LLEN l", "(integer) 1");
    }
    redis.says("ACL DELUSER u", "(integer) 1");
  }

  @Test
  void blockedGroupReadersHearOfALostGroup() throws Exception {
    for (String end : new String[] {"DEL s", "SET s x", "XGROUP DESTROY s g", "RENAME s other"}) {
      redis.ask("DEL s");
      redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
      try (var other = new Dialogue(server.port())) {
        other.client().send("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
        awaitBlocked();
        redis.ask(end);
        other.hears(
            end.startsWith("SET")
                ? "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
                : "(error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP"
                    + " option");
      }
    }
  }

  @Test
  void streamReadersMayNotAskToBlockInScripts() {
    redis.says(
        "EVAL \"return redis.pcall('xread', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')\" 1 s",
        "(error) ERR xread command is not allowed with BLOCK option from scripts");
    redis.says(
        "EVAL \"return redis.pcall('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', 0, 'STREAMS',"
            + " KEYS[1], '>')\" 1 s",
        "(error) ERR XREADGROUP command is not allowed with BLOCK option from scripts");
  }

  private void awaitBlocked() throws InterruptedException {
    while (!redis.text("INFO clients").contains("blocked_clients:1\r\n")) {
      Thread.sleep(5);
    }
  }
}
