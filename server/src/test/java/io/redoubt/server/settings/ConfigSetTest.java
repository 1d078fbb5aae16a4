package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.redoubt.protocol.config.directive.Change;
import io.redoubt.protocol.config.directive.ClientClass;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CONFIG GET and SET; the texts are those of redis-server 7.0.15. */
final class ConfigSetTest {
  private final ServerDirectives settings = new ServerDirectives();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "NULL",
      textBlock =
          """
          port                              | 99999            | argument must be between 0 and 65535 inclusive
          port                              | 6379.5           | argument couldn't be parsed into an integer
          port                              | 0x10             | argument couldn't be parsed into an integer
          port                              | 07911            | argument couldn't be parsed into an integer
          port                              | ``               | argument couldn't be parsed into an integer
          port                              | ` 7911`          | argument couldn't be parsed into an integer
          timeout                           | abc              | argument couldn't be parsed into an integer
          timeout                           | 1mb              | argument couldn't be parsed into an integer
          timeout                           | 9999999999       | argument must be between 0 and 2147483647 inclusive
          timeout                           | 99999999999999999999 | argument couldn't be parsed into an integer
          hz                                | -1               | argument must be between 0 and 2147483647 inclusive
          slowlog-log-slower-than           | -2               | argument must be between -1 and 9223372036854775807 inclusive
          slowlog-log-slower-than           | 9223372036854775808 | argument couldn't be parsed into an integer
          maxclients                        | 0                | argument must be between 1 and 4294967295 inclusive
          maxclients                        | 4294967296       | argument must be between 1 and 4294967295 inclusive
          hash-max-ziplist-entries          | -1               | argument must be between 0 and 9223372036854775807 inclusive
          repl-timeout                      | 0                | argument must be between 1 and 2147483647 inclusive
          maxmemory-samples                 | 0                | argument must be between 1 and 2147483647 inclusive
          maxmemory                         | 10q              | argument must be a memory value
          maxmemory                         | -1               | argument must be a memory value
          maxmemory                         | 1.5gb            | argument must be a memory value
          maxmemory                         | 0x10             | argument must be a memory value
          repl-backlog-size                 | 0                | argument must be between 1 and 9223372036854775807 inclusive
          proto-max-bulk-len                | 1                | argument must be between 1048576 and 9223372036854775807 inclusive
          client-query-buffer-limit         | 1                | argument must be between 1048576 and 9223372036854775807 inclusive
          maxmemory-clients                 | 101%             | percentage argument must be less or equal to 100
          maxmemory-clients                 | -5%              | argument must be a memory or percent value
          maxmemory-clients                 | 1x               | argument must be a memory or percent value
          appendonly                        | on               | argument must be 'yes' or 'no'
          activerehashing                   | 1                | argument must be 'yes' or 'no'
          maxmemory-policy                  | foo              | argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction, volatile-lrm, allkeys-lrm
          tls-auth-clients                  | maybe            | argument(s) must be one of the following: no, yes, optional
          acl-pubsub-default                | foo              | argument(s) must be one of the following: allchannels, resetchannels
          sanitize-dump-payload             | foo              | argument(s) must be one of the following: no, yes, clients
          oom-score-adj                     | z                | argument(s) must be one of the following: no, yes, relative, absolute
          shutdown-on-sigterm               | nosave foo       | argument(s) must be one of the following: default, save, nosave, now, force, safe, failover
          shutdown-on-sigterm               | ``               | argument(s) must be one of the following: default, save, nosave, now, force, safe, failover
          shutdown-on-sigterm               | save nosave      | shutdown options SAVE and NOSAVE can't be used simultaneously
          save                              | a b              | Invalid save parameters
          save                              | 10               | Invalid save parameters
          save                              | 10 1 20          | Invalid save parameters
          save                              | 0 1              | Invalid save parameters
          client-output-buffer-limit        | normal 0 0       | Wrong number of arguments in buffer limit configuration.
          client-output-buffer-limit        | foo 0 0 0        | Invalid client class specified in buffer limit configuration.
          client-output-buffer-limit        | master 0 0 0     | Invalid client class specified in buffer limit configuration.
          client-output-buffer-limit        | normal 1mb 2kb -3 | Error in hard, soft or soft_seconds setting in buffer limit configuration.
          client-output-buffer-limit        | normal a 2kb 3   | Error in hard, soft or soft_seconds setting in buffer limit configuration.
          oom-score-adj-values              | 1 2              | wrong number of arguments
          oom-score-adj-values              | 0 200 99999      | Invalid oom-score-adj-values, elements must be between -2000 and 2000.
          notify-keyspace-events            | KEQ              | Invalid event class character. Use 'Ag$lshzxeKEtmdnocSTIV'.
          latency-tracking-info-percentiles | 1 2 200          | latency-tracking-info-percentiles parameters should sit between [0.0,100.0]
          latency-tracking-info-percentiles | 1 a              | Invalid latency-tracking-info-percentiles parameters
          proc-title-template               | {foo}            | template format is invalid or contains unknown variables
          cluster-announce-hostname         | a b              | Hostnames may only contain alphanumeric characters, hyphens or dots
          databases                         | 3                | can't set immutable config
          slaveof                           | 1 2              | can't set immutable config
          unixsocketgroup                   | redis            | can't set immutable config
          dir                               | /tmp             | can't set protected config
          dbfilename                        | x.rdb            | can't set protected config
          """)
  void refusesWithRedisErrors(String name, String value, String reason) {
    assertThatThrownBy(() -> settings.set(List.of(name, value), false))
        .isInstanceOf(RefusedValue.class)
        .hasMessage("CONFIG SET failed (possibly related to argument '" + name + "') - " + reason);
    assertThat(settings.get(List.of(name))).isEqualTo(new ServerDirectives().get(List.of(name)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hz                     | 1000              | 500
          hz                     | 0                 | 1
          repl-backlog-size      | 1                 | 16384
          maxmemory              | 1GB               | 1073741824
          maxmemory              | 1k                | 1000
          maxmemory              | ``                | 0
          MAXMEMORY              | 5                 | 5
          maxmemory-clients      | 5%                | 5%
          maxmemory-clients      | 1gb               | 1073741824
          notify-keyspace-events | Elg               | glE
          notify-keyspace-events | AKE               | AKE
          notify-keyspace-events | KEg$lshzxetdnm    | AKEm
          notify-keyspace-events | g$lshzxetd        | A
          notify-keyspace-events | Kmn$              | $nKm
          save                   | 900 1 300 10      | 900 1 300 10
          save                   | ``                | ``
          shutdown-on-sigterm    | force nosave      | nosave force
          shutdown-on-sigint     | failover safe     | safe failover
          shutdown-on-sigterm    | default           | default
          oom-score-adj          | yes               | yes
          bind                   | 127.0.0.1 ::1 -1.2.3.4 | 127.0.0.1 ::1 -1.2.3.4
          bind                   | ``                | ``
          latency-tracking-info-percentiles | 50.0 100.00 99.95 | 50 100 99.95
          latency-tracking-info-percentiles | ``      | ``
          client-output-buffer-limit | normal 100 0 0 normal 1 2 3 | normal 1 2 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60
          client-output-buffer-limit | replica 1mb 0 0 | normal 0 0 0 slave 1048576 0 0 pubsub 33554432 8388608 60
          client-output-buffer-limit | ``            | normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60
          appendonly             | YES               | yes
          loglevel               | Debug             | debug
          rdb-key-save-delay     | -10               | -10
          requirepass            | a b "c            | a b "c
          """)
  void setsAndReturnsValues(String name, String value, String shown) throws RefusedValue {
    settings.set(List.of(name, value), true);

    assertThat(settings.get(List.of(name)).values()).containsExactly(shown);
  }

  @Test
  void refusesUnknownAndRepeatedNames() {
    assertThatThrownBy(() -> settings.set(List.of("maxmemory", "1", "nosuch", "2"), false))
        .hasMessage("Unknown option or number of arguments for CONFIG SET - 'nosuch'");
    assertThatThrownBy(() -> settings.set(List.of("port", "1", "PORT", "2"), false))
        .hasMessage(
            "CONFIG SET failed (possibly related to argument 'PORT') - duplicate parameter");
    for (String word : List.of("user", "include", "loadmodule", "sentinel", "rename-command")) {
      assertThatThrownBy(() -> settings.set(List.of(word, "x"), false))
          .hasMessage("Unknown option or number of arguments for CONFIG SET - '" + word + "'");
    }
  }

  @Test
  void acceptsAnAliasBesideItsName() throws RefusedValue {
    settings.set(List.of("slave-read-only", "no", "replica-read-only", "yes"), false);

    assertThat(settings.replication.replicaReadOnly.value()).isTrue();
  }

  @Test
  void setsAllOrNothing() {
    assertThatThrownBy(() -> settings.set(List.of("maxmemory", "10mb", "port", "abc"), false))
        .hasMessageContaining("'port'");

    assertThat(settings.memory.maxmemory.value()).isZero();
  }

  @Test
  void runsAChangeOfSeveralDirectivesOnce() throws RefusedValue {
    List<String> seen = new ArrayList<>();
    Change listen =
        () -> seen.add(settings.common.bind.text() + ":" + settings.common.port.value());
    settings.common.bind.onChange(listen);
    settings.common.port.onChange(listen);
    settings.common.timeout.onChange(seconds -> seen.add("timeout " + seconds));

    settings.set(List.of("bind", "127.0.0.1", "port", "7000", "timeout", "0"), false);

    assertThat(seen).containsExactly("127.0.0.1:7000");
  }

  @Test
  void undoesAllChangesIfOneIsRefused() {
    List<String> seen = new ArrayList<>();
    settings.memory.maxmemory.onChange(bytes -> seen.add("maxmemory " + bytes));
    settings.common.port.onChange(port -> {
      seen.add("port " + port);
      if (port == 7000) {
        throw new RefusedValue("Unable to listen on this port. Check server logs.");
      }
    });

    assertThatThrownBy(() -> settings.set(List.of("maxmemory", "9", "port", "7000"), false))
        .hasMessage(
            "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this"
                + " port. Check server logs.");

    assertThat(seen).containsExactly("maxmemory 9", "port 7000", "maxmemory 0", "port 6379");
    assertThat(settings.common.port.value()).isEqualTo(6379);
  }

  @Test
  void getsByNamesAndPatterns() throws RefusedValue {
    settings.set(List.of("rdb-key-save-delay", "10"), false);

    assertThat(settings.get(List.of("port", "port"))).containsExactly(entry("port", "6379"));
    assertThat(settings.get(List.of("MAXMEM*", "nosuch")))
        .containsOnlyKeys(
            "maxmemory-clients",
            "maxmemory-samples",
            "maxmemory",
            "maxmemory-policy",
            "maxmemory-eviction-tenacity");
    assertThat(settings.get(List.of("rdb-k*"))).isEmpty();
    assertThat(settings.get(List.of("rdb-key-save-delay"))).containsValue("10");
    assertThat(settings.get(List.of("sl?ve-r*"))).containsExactly(entry("slave-read-only", "yes"));
  }

  @Test
  void returnsOutputLimitsByClass() throws RefusedValue {
    settings.set(List.of("client-output-buffer-limit", "slave 2kb 1kb 3"), false);

    assertThat(settings.common.clientOutputBufferLimit.of(ClientClass.REPLICA))
        .isEqualTo(new OutputLimit(2048, 1024, 3));
    assertThat(settings.common.clientOutputBufferLimit.of(ClientClass.NORMAL))
        .isEqualTo(new OutputLimit(0, 0, 0));
  }
}
