package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ACL rules and their replies in Redis 7.2, where they differ from Redis 7.0. */
@ServerTest
final class Redis72AclTest {
  private final Dialogue redis;

  Redis72AclTest(Dialogue redis) {
    this.redis = redis;
  }

  @BeforeEach
  void setUpUsers() {
    redis.ask("ACL SETUSER tester reset +@all %R~read* %W~write* %RW~rw*");
    redis.ask("ACL SETUSER listener reset +@all resetchannels &channel");
    redis.ask("ACL SETUSER nothing reset");
    redis.ask("ACL SETUSER scripter reset on nopass +@read");
  }

  @ParameterizedTest
  @CsvSource({
    "nothing set somekey somevalue,run the 'set' command",
    "nothing config get x,run the 'config|get' command",
    "scripter EVAL_RO script 0,run the 'eval_ro' command",
    "scripter EVALSHA_RO script 0,run the 'evalsha_ro' command",
    "scripter FCALL_RO function 0,run the 'fcall_ro' command",
    "tester HEXISTS nothing foo,access the 'nothing' key",
    "tester HSTRLEN nothing foo,access the 'nothing' key",
    "tester SISMEMBER nothing foo,access the 'nothing' key",
    "tester SINTERCARD 2 write read,access the 'write' key",
    "tester SINTERCARD 2 nothing read,access the 'nothing' key",
    "tester ZCOUNT write 0 1,access the 'write' key",
    "tester ZCOUNT nothing 0 1,access the 'nothing' key",
    "tester PFCOUNT write read,access the 'write' key",
    "tester PFCOUNT nothing read,access the 'nothing' key",
    "tester ZINTERCARD 2 write read,access the 'write' key",
    "tester ZINTERCARD 2 nothing read,access the 'nothing' key",
    "tester TOUCH nothing,access the 'nothing' key",
    "tester EXISTS nothing,access the 'nothing' key",
    "tester MEMORY USAGE nothing,access the 'nothing' key",
    "tester TYPE nothing,access the 'nothing' key",
    "tester STRLEN nothing,access the 'nothing' key",
    "tester HLEN nothing,access the 'nothing' key",
    "tester LLEN nothing,access the 'nothing' key",
    "tester SCARD nothing,access the 'nothing' key",
    "tester ZCARD nothing,access the 'nothing' key",
    "tester XLEN nothing,access the 'nothing' key",
    "tester SORT read STORE read,access the 'read' key",
    "tester SORT write STORE write,access the 'write' key",
    "tester EVAL script 1 read,access the 'read' key",
    "tester GEORADIUS read1 0 0 1 M STORE read2,access the 'read2' key",
    "tester GEORADIUS write1 0 0 1 M STORE write2,access the 'write1' key",
    "listener SPUBLISH otherchannel foo,access the 'otherchannel' channel",
    "listener SSUBSCRIBE otherchannel foo,access the 'otherchannel' channel"
  })
  void dryrunNamesTheUserAndWhatIsDenied(String arguments, String denied) {
    String user = arguments.substring(0, arguments.indexOf(' '));
    redis.says(
        "ACL DRYRUN " + arguments, "\"User " + user + " has no permissions to " + denied + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tester HEXISTS read foo",
        "tester HEXISTS write foo",
        "tester HSTRLEN read foo",
        "tester HSTRLEN write foo",
        "tester SISMEMBER read foo",
        "tester SISMEMBER write foo",
        "tester SINTERCARD 2 read read",
        "tester ZCOUNT read 0 1",
        "tester PFCOUNT read read",
        "tester ZINTERCARD 2 read read",
        "tester TOUCH write",
        "tester EXISTS write",
        "tester MEMORY USAGE write",
        "tester TYPE write",
        "tester STRLEN write",
        "tester HLEN write",
        "tester LLEN write",
        "tester SCARD write",
        "tester ZCARD write",
        "tester XLEN write",
        "tester SORT read STORE write",
        "tester EVAL script 1 rw1",
        "tester EVAL_RO script 1 read",
        "tester EVAL script 0 read",
        "tester GEORADIUS read 0 0 1 M STORE write",
        "listener SPUBLISH channel foo",
        "listener SSUBSCRIBE channel",
        "listener SUNSUBSCRIBE",
        "listener SUNSUBSCRIBE otherchannel"
      })
  void dryrunOfAPermittedCommand(String arguments) {
    redis.says("ACL DRYRUN " + arguments, "OK");
  }

  @Test
  void rulesAreShownInTheOrderInWhichTheyWereGiven() {
    redis.ask("ACL SETUSER bob reset +@all -@hash -@slow +hget");
    shows("+@all -@hash -@slow +hget");
    redis.ask("ACL SETUSER bob -@hash");
    shows("+@all -@slow +hget -@hash");
    redis.ask("ACL SETUSER bob +@HASH");
    shows("+@all -@slow +hget +@hash");
    redis.ask("ACL SETUSER bob -@all +client|list +client|list +config|get +config +acl|list -acl");
    shows("-@all +client|list +config -acl");
    redis.ask("ACL SETUSER bob -@all +select|0 +select|0 +debug|segfault +debug");
    shows("-@all +select|0 +debug");
    redis.ask("ACL SETUSER bob -@all -@dangerous");
    shows("-@all -@dangerous");
  }

  private void shows(String rules) {
    assertThat(redis.reply("ACL GETUSER bob").elements().get(5).text()).isEqualTo(rules);
  }
}
