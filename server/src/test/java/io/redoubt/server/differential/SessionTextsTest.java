package io.redoubt.server.differential;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares commands on connections, configuration and commands with a real Redis. */
final class SessionTextsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void matchesRedis(String protocol) throws Exception {
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, protocol)) {
      for (String line : LINES.strip().split("\n")) {
        conversation.say(0, line.strip());
      }
    }
  }

  private static final String LINES =
      """
      PING
      PING hello
      PING a b
      ECHO hello
      ECHO
      HELLO x
      HELLO 4
      HELLO 1
      HELLO 2 AUTH a
      HELLO 2 AUTH default wrong extra
      HELLO 2 SETNAME "a b"
      HELLO 2 NOSUCH
      AUTH a
      AUTH default x
      AUTH nobody x
      CLIENT GETNAME
      CLIENT SETNAME name
      CLIENT GETNAME
      CLIENT SETNAME "white space"
      CLIENT SETNAME ""
      CLIENT GETNAME
      CLIENT NOSUCH
      CLIENT
      CLIENT ID x
      CLIENT KILL
      CLIENT KILL nobody:1
      CLIENT KILL ID x
      CLIENT KILL ID 0
      CLIENT KILL ID 99999
      CLIENT KILL TYPE nosuch
      CLIENT KILL TYPE normal ID 99999
      CLIENT KILL USER nobody
      CLIENT KILL ADDR
      CLIENT KILL SKIPME maybe
      CLIENT KILL ID 1 NOSUCH x
      CLIENT LIST TYPE nosuch
      CLIENT LIST ID x
      CLIENT LIST ID 99999
      CLIENT LIST NOSUCH
      CLIENT REPLY nosuch
      CLIENT REPLY ON
      CLIENT PAUSE x
      CLIENT PAUSE -1
      CLIENT PAUSE 0
      CLIENT PAUSE 1 NOSUCH
      CLIENT UNPAUSE
      CLIENT UNBLOCK x
      CLIENT UNBLOCK 99999
      CLIENT UNBLOCK 99999 NOSUCH
      CLIENT NO-EVICT on
      CLIENT NO-EVICT off
      CLIENT NO-EVICT maybe
      COMMAND COUNT x
      COMMAND INFO nosuch
      COMMAND GETKEYS GET a
      COMMAND GETKEYS MSET a 1 b 2
      COMMAND GETKEYS SET a
      COMMAND GETKEYS PING x
      COMMAND GETKEYS NOSUCH x
      COMMAND GETKEYS COPY a b
      COMMAND GETKEYSANDFLAGS SET a 1
      COMMAND GETKEYSANDFLAGS SET a 1 GET
      COMMAND GETKEYSANDFLAGS GET a
      COMMAND GETKEYSANDFLAGS LCS a b
      COMMAND LIST FILTERBY NOSUCH x
      COMMAND LIST FILTERBY ACLCAT nosuch
      COMMAND LIST FILTERBY MODULE nosuch
      COMMAND LIST FILTERBY PATTERN getr*
      COMMAND LIST x
      COMMAND NOSUCH
      CONFIG GET maxmemory
      CONFIG GET nosuch
      CONFIG SET maxmemory 100mb
      CONFIG GET maxmemory
      CONFIG SET maxmemory x
      CONFIG SET nosuch 1
      CONFIG SET maxmemory 0 nosuch 1
      CONFIG SET maxmemory 0 maxmemory 1
      CONFIG SET maxmemory
      CONFIG SET port x
      CONFIG SET databases 5
      CONFIG SET appendfsync nosuch
      CONFIG SET appendonly maybe
      CONFIG SET save x
      CONFIG SET notify-keyspace-events KEx
      CONFIG GET notify-keyspace-events
      CONFIG SET notify-keyspace-events ""
      CONFIG SET client-output-buffer-limit "normal 0 0"
      CONFIG SET client-output-buffer-limit "slave 256mb 64mb 60"
      CONFIG SET hz 1000
      CONFIG SET timeout -1
      CONFIG NOSUCH
      CONFIG GET
      CONFIG RESETSTAT x
      CONFIG REWRITE
      DEBUG NOSUCH
      DEBUG DIGEST-VALUE nothing
      SUBSCRIBE a
      SUBSCRIBE b
      PSUBSCRIBE p*
      PING
      PING hello
      GET a
      PUBSUB CHANNELS b*
      UNSUBSCRIBE nothing
      UNSUBSCRIBE a
      UNSUBSCRIBE nothing
      PUNSUBSCRIBE
      UNSUBSCRIBE
      UNSUBSCRIBE
      SSUBSCRIBE s
      SUNSUBSCRIBE
      PUBLISH nobody x
      PUBSUB CHANNELS
      PUBSUB CHANNELS a*
      PUBSUB NUMSUB a b
      PUBSUB NUMSUB
      PUBSUB NUMPAT
      PUBSUB SHARDCHANNELS
      PUBSUB SHARDNUMSUB a
      PUBSUB NOSUCH
      ROLE
      REPLICAOF
      REPLICAOF x y
      REPLICAOF localhost 99999
      REPLICAOF NO ONE
      SLAVEOF NO ONE
      REPLCONF x
      REPLCONF nosuch y
      REPLCONF listening-port x
      REPLCONF capa x
      WAIT x 0
      WAIT 0 x
      WAIT 0 -1
      WAIT 0 10
      LASTSAVE x
      BGSAVE x
      SHUTDOWN x
      SHUTDOWN ABORT
      INFO nosuch
      INFO errorstats
      SWAPDB x 0
      FLUSHALL x
      FLUSHDB ASYNC x
      RESET
      NOSUCH
      NOSUCH a b c
      get
      """;
}
