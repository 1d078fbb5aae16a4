package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares COMMAND INFO of each command with a real Redis 7.0. */
final class CommandDeclarationsTest {
  private static final List<String> ASPECTS =
      List.of(
          "name",
          "arity",
          "flags",
          "first key",
          "last key",
          "key step",
          "categories",
          "tips",
          "key specs");

  /** Commands that Redis 7.2 added. */
  private static final TreeSet<String> NEW_IN_7_2 =
      new TreeSet<>(List.of("client|no-touch", "client|setinfo", "cluster|myshardid", "waitaof"));

  private static final String ROUTED_TO_ALL = "says to proxies that every node is to be told";

  private static final String MAY_BE_IN_SCRIPTS = "a script may call it: it does not block there";

  /** Declarations that differ between Redis 7.2 and 7.0, by command and aspect, with the reason. */
  private static final Map<String, String> CHANGED_IN_7_2 =
      Map.ofEntries(
          Map.entry("acl|deluser tips", ROUTED_TO_ALL),
          Map.entry("acl|save tips", ROUTED_TO_ALL),
          Map.entry("acl|setuser tips", ROUTED_TO_ALL),
          Map.entry("blmove flags", MAY_BE_IN_SCRIPTS),
          Map.entry("blpop flags", MAY_BE_IN_SCRIPTS),
          Map.entry("brpop flags", MAY_BE_IN_SCRIPTS),
          Map.entry("brpoplpush flags", MAY_BE_IN_SCRIPTS),
          Map.entry("client|setname tips", ROUTED_TO_ALL),
          Map.entry("cluster|shards flags", "a node tells its slots while it loads"),
          Map.entry("cluster|slots flags", "as SHARDS"),
          Map.entry("config|resetstat tips", ROUTED_TO_ALL),
          Map.entry("config|rewrite tips", ROUTED_TO_ALL),
          Map.entry("command|getkeys arity", "the command asked about may come without arguments"),
          Map.entry("command|getkeysandflags arity", "as GETKEYS"),
          Map.entry("latency|reset tips", "the numbers of all nodes are added"),
          Map.entry("msetnx tips", "it is atomic, so that no proxy may split it"),
          Map.entry("randomkey tips", "the proxy has to choose among the replies"),
          Map.entry("scan tips", "the proxy has to merge the cursors"),
          Map.entry("bzpopmax flags", MAY_BE_IN_SCRIPTS),
          Map.entry("bzpopmin flags", MAY_BE_IN_SCRIPTS),
          Map.entry("zrank arity", "WITHSCORE is new"),
          Map.entry("zrevrank arity", "WITHSCORE is new"),
          Map.entry("wait flags", MAY_BE_IN_SCRIPTS));

  /** Declarations that differ because of options of later versions. */
  private static final Set<String> CHANGED_LATER = Set.of("cluster|replicate arity");

  private static @Nullable RealRedis real;
  private static @Nullable RedisServer ours;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    RealRedis.assumeInstalled();
    real = RealRedis.start(directory);
    ours = TestServers.start();
  }

  @AfterAll
  static void stop() {
    if (real != null) {
      real.close();
    }
    if (ours != null) {
      ours.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void matchesRedis(String protocol) throws IOException {
    Map<String, List<Reply>> own = declarations(ours.port(), protocol);
    Map<String, List<Reply>> other = declarations(real.port(), protocol);
    var unknown = new TreeSet<String>();
    var differences = new LinkedHashMap<String, String>();
    own.forEach((name, declaration) -> {
      List<Reply> there = other.get(name);
      if (there == null) {
        unknown.add(name);
      } else {
        for (int i = 0; i < ASPECTS.size(); i++) {
          String here = canonical(declaration.get(i));
          String expected = canonical(there.get(i));
          if (!here.equals(expected)) {
            differences.put(
                name + " " + ASPECTS.get(i), "is " + here + ", Redis 7.0 has " + expected);
          }
        }
      }
    });
    unknown.removeAll(CommandFactsTest.NEWER);
    assertThat(unknown).isEqualTo(NEW_IN_7_2);
    var unexpected = new LinkedHashMap<>(differences);
    unexpected.keySet().removeAll(CHANGED_IN_7_2.keySet());
    assertThat(unexpected.keySet()).containsAll(CHANGED_LATER);
    unexpected.keySet().removeAll(CHANGED_LATER);
    assertThat(unexpected).isEmpty();
    assertThat(differences.keySet()).containsAll(CHANGED_IN_7_2.keySet());
    assertThat(own).as("so that an empty reply cannot pass").hasSizeGreaterThan(100);
  }

  /** Returns the declarations of all commands and subcommands by name. */
  private static Map<String, List<Reply>> declarations(int port, String protocol)
      throws IOException {
    var byName = new LinkedHashMap<String, List<Reply>>();
    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
      client.call("HELLO", protocol);
      client.call("COMMAND").elements().forEach(each -> add(each, byName));
    }
    return byName;
  }

  private static void add(Reply info, Map<String, List<Reply>> byName) {
    List<Reply> elements = info.elements();
    byName.put(elements.getFirst().text(), elements);
    elements.getLast().elements().forEach(subcommand -> add(subcommand, byName));
  }

  /** Returns every part of a reply with its type; lists that represent sets are sorted. */
  private static String canonical(Reply reply) {
    return switch (reply) {
      case Reply.Array array -> "array " + list(array.elements());
      case Reply.Set set -> "set " + list(set.elements());
      case Reply.Map map -> {
        var fields = new ArrayList<String>();
        for (int i = 0; i < map.keys().size(); i++) {
          fields.add(canonical(map.keys().get(i)) + "=" + canonical(map.values().get(i)));
        }
        yield "map " + fields;
      }
      case Reply.Simple simple -> "+" + simple.value();
      case Reply.Bulk _ -> reply.text();
      default -> reply.toString();
    };
  }

  private static List<String> list(List<Reply> elements) {
    List<String> all = new ArrayList<>(elements.stream().map(e -> canonical(e)).toList());
    if (elements.stream().allMatch(Reply.Simple.class::isInstance)) {
      all.sort(Comparator.naturalOrder());
    }
    return all;
  }
}
