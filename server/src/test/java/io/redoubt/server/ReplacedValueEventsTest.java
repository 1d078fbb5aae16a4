package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The events of overwritten values and changed types, as in Redis 8.2. */
final class ReplacedValueEventsTest {
  private RedisServer server;
  private RespClient client;
  private RespClient subscriber;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("notify-keyspace-events EAoc");
    client = RespClient.connect("127.0.0.1", server.port());
    subscriber = RespClient.connect("127.0.0.1", server.port());
    subscriber.call("PSUBSCRIBE", "*");
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    subscriber.close();
    server.close();
  }

  /** Returns the events of key {@code k} that a command publishes after others have run. */
  private List<String> events(String setUp, String command) throws Exception {
    client.call("FLUSHALL");
    for (String line : setUp.split("; ")) {
      client.call(line.split(" "));
    }
    client.call("PUBLISH", "mark", "start");
    String[] words = command.split(" ");
    if (command.startsWith("RESTORE")) {
      byte[] payload = ((Reply.Bulk) client.call("DUMP", "j")).bytes();
      client.call(
          "RESTORE".getBytes(), "k".getBytes(), "0".getBytes(), payload, "REPLACE".getBytes());
    } else {
      client.call(words);
    }
    client.call("PUBLISH", "mark", "end");
    List<String> events = new ArrayList<>();
    boolean started = false;
    while (true) {
      var message = subscriber.receive().elements();
      String channel = message.get(2).text();
      String text = message.get(3).text();
      if (text.equals("end")) {
        return events;
      }
      if (started && text.equals("k")) {
        events.add(channel.substring(channel.indexOf(':') + 1));
      }
      started |= text.equals("start");
    }
  }

  @Test
  void reportsOverwrittenValues() throws Exception {
    assertThat(events("SET k 1", "SET k 2")).containsExactly("overwritten", "set");
    assertThat(events("SET k 1", "SET k 2 EX 100")).containsExactly("overwritten", "set", "expire");
    assertThat(events("SET k 1", "MSET j 1 k 2")).containsExactly("overwritten", "set");
    assertThat(events("SET k 1", "MSETEX 1 k 2")).containsExactly("overwritten", "set");
    assertThat(events("SET k 1", "GETSET k 2")).containsExactly("overwritten", "set");
    assertThat(events("SET k 1; SET j 2", "RENAME j k"))
        .containsExactly("overwritten", "rename_to");
    assertThat(events("SET k 1; SET j 2", "COPY j k REPLACE"))
        .containsExactly("overwritten", "copy_to");
    assertThat(events("SET k 1; SET j 2", "RESTORE")).containsExactly("overwritten", "restore");
    assertThat(events("SET k 1; SET j 2", "BITOP NOT k j")).containsExactly("overwritten", "set");
    assertThat(events("SADD k 1; SADD j 2", "SUNIONSTORE k j"))
        .containsExactly("overwritten", "sunionstore");
    assertThat(events("ZADD k 1 a; ZADD j 2 b", "ZRANGESTORE k j 0 -1"))
        .containsExactly("overwritten", "zrangestore");
  }

  @Test
  void reportsChangedTypes() throws Exception {
    assertThat(events("RPUSH k 1", "SET k 2"))
        .containsExactly("overwritten", "type_changed", "set");
    assertThat(events("HSET k f v", "MSET k 2"))
        .containsExactly("overwritten", "type_changed", "set");
    assertThat(events("SET k 1; RPUSH j 2", "RENAME j k"))
        .containsExactly("overwritten", "type_changed", "rename_to");
    assertThat(events("SET k 1; RPUSH j 2", "COPY j k REPLACE"))
        .containsExactly("overwritten", "type_changed", "copy_to");
    assertThat(events("SET k 1; HSET j f v", "RESTORE"))
        .containsExactly("overwritten", "type_changed", "restore");
    assertThat(events("SET k 1; SADD j 2 1", "SORT j STORE k"))
        .containsExactly("overwritten", "type_changed", "sortstore");
    assertThat(events("SET k 1; SADD j 2 1", "SINTERSTORE k j"))
        .containsExactly("overwritten", "type_changed", "sinterstore");
    assertThat(events("SET k 1; ZADD j 2 1", "ZUNIONSTORE k 1 j"))
        .containsExactly("overwritten", "type_changed", "zunionstore");
    assertThat(events("SET k 1; GEOADD j 1 1 a", "GEOSEARCHSTORE k j FROMMEMBER a BYRADIUS 1 m"))
        .containsExactly("overwritten", "type_changed", "geosearchstore");
  }

  @Test
  void isSilentAboutOtherChanges() throws Exception {
    assertThat(events("SET j 1", "SET k 1")).containsExactly("set");
    assertThat(events("SET j 1", "MSET j 2 k 1")).containsExactly("set");
    assertThat(events("SET k 1", "INCR k")).containsExactly("incrby");
    assertThat(events("SET k 1", "INCRBYFLOAT k 1.5")).containsExactly("incrbyfloat");
    assertThat(events("SET k 1", "INCREX k")).containsExactly("incrby");
    assertThat(events("SET k 1", "APPEND k 1")).containsExactly("append");
    assertThat(events("SET k 1", "SETRANGE k 0 2")).containsExactly("setrange");
    assertThat(events("PFADD k a; PFADD j b", "PFMERGE k j")).containsExactly("pfadd");
    assertThat(events("SET j 1; INCR j", "RENAME j k")).containsExactly("rename_to");
    assertThat(events("SET k 1", "SET k 1 NX")).isEmpty();
    assertThat(events("RPUSH k 1", "SINTERSTORE k none")).containsExactly("del");
    client.call("CONFIG", "SET", "notify-keyspace-events", "EA");
    assertThat(events("RPUSH k 1", "SET k 1")).containsExactly("set");
  }

  @Test
  void selectsEachClassByItsLetter() throws Exception {
    client.call("CONFIG", "SET", "notify-keyspace-events", "Eo");
    assertThat(events("RPUSH k 1", "SET k 1")).containsExactly("overwritten");
    client.call("CONFIG", "SET", "notify-keyspace-events", "Ec");
    assertThat(events("RPUSH k 1", "SET k 1")).containsExactly("type_changed");
    assertThat(events("SET k 1", "SET k 1")).isEmpty();
    assertThat(client.call("CONFIG", "GET", "notify-keyspace-events").elements().get(1).text())
        .isEqualTo("Ec");
  }
}
