package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every command on values, and on collections with an element, that are larger than the Java heap:
 * the server survives. Clients create such values without sending them, for instance with SETRANGE.
 */
@Timeout(600)
final class HugeValuesIT {
  private static final List<String> KEYS =
      List.of("string", "list", "set", "zset", "hash", "stream");

  /** Restores the values that a command has removed or replaced; returns the number of keys. */
  private static final String RESTORE =
      "for _, key in ipairs(KEYS) do local kept = 'kept:' .. key"
          + " if redis.call('TYPE', key).ok ~= redis.call('TYPE', kept).ok then"
          + " redis.call('COPY', kept, key, 'REPLACE') end end"
          + " return redis.call('DBSIZE')";

  /** Valid requests that the general ones do not cover. */
  private static final List<String> VALID =
      List.of(
          "LCS string string",
          "LCS string missing",
          "LCS string small",
          "LCS small string IDX",
          "GETRANGE string 0 -1",
          "BITOP AND target string string",
          "BITFIELD string GET u8 0",
          "SET string 1 GET",
          "SET string 1 IFEQ 1",
          "MGET string string",
          "LRANGE list 0 -1",
          "LPOS list 1",
          "LREM list 0 1",
          "LINSERT list BEFORE 1 1",
          "LMOVE list target LEFT RIGHT",
          "SORT list BY nosort GET #",
          "SORT list ALPHA",
          "SORT set ALPHA STORE target",
          "SORT small BY nosort GET string",
          "SINTER set set",
          "SUNIONSTORE target set set",
          "ZUNION 2 zset zset",
          "ZRANGE zset - + BYLEX",
          "ZRANGESTORE target zset 0 -1",
          "HRANDFIELD hash 1 WITHVALUES",
          "HGETEX hash EX 100 FIELDS 1 field",
          "HSCAN hash 0 MATCH 1*",
          "SSCAN set 0",
          "XRANGE stream - +",
          "XREAD STREAMS stream 0",
          "XAUTOCLAIM stream group consumer 0 0",
          "COPY string target",
          "EVAL return(redis.call('GET','string')) 0",
          "EVAL return(redis.call('LRANGE','list',0,-1)) 0",
          "EVAL return(#redis.call('DUMP','hash')) 0",
          "MIGRATE 127.0.0.1 1 string 0 10");

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void endNoServer() throws Exception {
    NodeProcess node = nodes.serverAfter(HugeRequests.HEAP, "--save", "");
    int count = 0;
    try (RespClient watch = node.connect()) {
      fill(node, watch);
      for (List<String> words : requests(watch)) {
        HugeRequests.send(node, words);
        count++;
        goesOn(node, watch, words);
      }
    }
    assertThat(node.isAlive()).isTrue();
    assertThat(count).isGreaterThan(2000);
  }

  private static void fill(NodeProcess node, RespClient watch) throws IOException {
    String last = Integer.toString(HugeRequests.HUGE_BYTES - 1);
    assertThat(watch.call("SETRANGE", "kept:string", last, "1").isError()).isFalse();
    List<List<String>> additions =
        List.of(
            List.of("RPUSH", "kept:list", ""),
            List.of("SADD", "kept:set", ""),
            List.of("ZADD", "kept:zset", "1", ""),
            List.of("HSET", "kept:hash", "field", ""),
            List.of("XADD", "kept:stream", "*", "field", ""));
    for (List<String> words : additions) {
      assertThat(HugeRequests.send(node, words)).as(words.toString()).isTrue();
    }
    watch.call("XGROUP", "CREATE", "kept:stream", "group", "0");
    watch.call("RPUSH", "small", "1");
    assertThat(watch.call("DBSIZE").number()).isEqualTo(KEYS.size() + 1);
  }

  /** Fails if the server has ended; restores the values. */
  private static void goesOn(NodeProcess node, RespClient watch, List<String> words) {
    try {
      List<String> restore = new ArrayList<>(List.of("EVAL", RESTORE, "" + KEYS.size()));
      restore.addAll(KEYS);
      if (watch.call(restore.toArray(String[]::new)).number() <= KEYS.size() * 2L) {
        watch.call("FLUSHALL");
        fill(node, watch);
        watch.call(restore.toArray(String[]::new));
      }
    } catch (IOException e) {
      throw new AssertionError("the server ended by " + words, e);
    }
  }

  private static List<List<String>> requests(RespClient client) throws IOException {
    List<List<String>> requests = new ArrayList<>();
    VALID.forEach(line -> requests.add(List.of(line.split(" "))));
    for (Reply command : client.call("COMMAND").elements()) {
      add(command, requests);
    }
    return requests;
  }

  private static void add(Reply command, List<List<String>> requests) {
    List<Reply> facts = List.copyOf(command.elements());
    List<String> name = List.of(facts.get(0).text().split("\\|", -1));
    if (HugeRequests.LEFT_OUT.contains(name.getFirst())) {
      return;
    }
    facts.get(9).elements().forEach(each -> add(each, requests));
    int arguments = Math.max(1, (int) Math.abs(facts.get(1).number()) - name.size());
    for (String key : KEYS) {
      List<String> first = new ArrayList<>(name);
      first.add(key);
      first.addAll(Collections.nCopies(arguments - 1, "1"));
      requests.add(first);
      List<String> all = new ArrayList<>(name);
      all.addAll(Collections.nCopies(arguments, key));
      requests.add(all);
    }
  }
}
