package io.redoubt.sentinel.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.ConfToYaml;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentinelConfigTest {
  private static final String GROUP =
      "1,2,1," + "a".repeat(40) + "," + "a".repeat(40) + "/" + "b".repeat(40);

  private static final String ID = "5bec50a85f9e5ff5fbc33158d18d95e2cf6c7188";
  private static final String OTHER_ID = "f13cf218665276fca68656336704e0d90a8571b9";

  /** A typical file, with a comment and an option before its master. */
  private static final String SEED =
      """
      # Sentinel of the first machine
      protected-mode no
      port 26379
      dir /tmp

      sentinel auth-pass mymaster 12 34
      sentinel monitor mymaster 192.168.145.11 6379 2
      sentinel down-after-milliseconds mymaster 3000
      # one at a time
      sentinel parallel-syncs mymaster 1
      sentinel failover-timeout mymaster 10000
      """
          .replace("12 34", "\"12 34\"");

  @TempDir private Path folder;

  private SentinelDirectives load(String text) throws Exception {
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(file, text);
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file, new byte[0], "");
    directives.finish();
    return directives;
  }

  private String saved(SentinelDirectives directives, SentinelState state) throws IOException {
    StateFile.open(directives, state).prepare(state).run();
    return Files.readString(folder.resolve("sentinel.conf"));
  }

  /** The files of 3.0, 4.0 and 6.0 contain the lines of their predecessors. */
  @ParameterizedTest
  @ValueSource(strings = {"2.8", "3.2", "5.0", "6.2", "7.0", "7.2"})
  void readsStockFilesInBothForms(String version) throws Exception {
    String text;
    try (InputStream in = getClass().getResourceAsStream("sentinel-" + version + ".conf")) {
      text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    SentinelDirectives directives = load(text);
    MasterState master = directives.words().state(ID).masters().getFirst();
    assertThat(master.options().downAfterMillis()).isEqualTo(30_000);
    assertThat(master.options().failoverTimeoutMillis()).isEqualTo(180_000);

    Path yaml = Files.writeString(folder.resolve("sentinel.yaml"), ConfToYaml.convert(text));
    SentinelDirectives again = new SentinelDirectives();
    again.load(yaml, new byte[0], "");
    again.finish();
    assertThat(again.words().state(ID)).isEqualTo(directives.words().state(ID));
    assertThat(again.words().global()).isEqualTo(directives.words().global());
    assertThat(again.get(List.of("*"))).isEqualTo(directives.get(List.of("*")));
  }

  @Test
  void readsTheSeedsFile() throws Exception {
    SentinelDirectives directives = load(SEED);
    MasterState master = directives.words().state(ID).masters().getFirst();
    assertThat(directives.common.port.value()).isEqualTo(26379);
    assertThat(master.address()).isEqualTo(new Address("192.168.145.11", 6379));
    assertThat(master.options().quorum()).isEqualTo(2);
    assertThat(master.options().downAfterMillis()).isEqualTo(3000);
    assertThat(master.options().failoverTimeoutMillis()).isEqualTo(10_000);
    assertThat(master.options().parallelSyncs()).isEqualTo(1);
    assertThat(master.options().access().password()).isEqualTo("12 34");
    assertThat(directives.words().state(ID).myId()).isEqualTo(ID);
  }

  @Test
  void changesOnlyModifiedLines() throws Exception {
    SentinelDirectives directives = load(SEED);
    MasterState read = directives.words().state(ID).masters().getFirst();
    MasterState switched =
        new MasterState(
            read.name(),
            new Address("192.168.145.13", 6379),
            read.options(),
            1,
            2,
            List.of(new Address("192.168.145.12", 6379), new Address("192.168.145.11", 6379)),
            List.of(new KnownSentinel(new Address("192.168.145.12", 26379), OTHER_ID)),
            GroupConfig.parse(GROUP));
    String text = saved(directives, new SentinelState(ID, 2, List.of(switched)));
    assertThat(text)
        .startsWith(
            SEED.replace("monitor mymaster 192.168.145.11", "monitor mymaster 192.168.145.13"))
        .contains("# Generated by CONFIG REWRITE\n")
        .contains("sentinel myid " + ID + "\n")
        .contains("sentinel config-epoch mymaster 1\n")
        .contains("sentinel leader-epoch mymaster 2\n")
        .contains("sentinel current-epoch 2\n")
        .contains("sentinel known-group mymaster " + GROUP + "\n")
        .contains("sentinel known-replica mymaster 192.168.145.12 6379\n")
        .contains("sentinel known-replica mymaster 192.168.145.11 6379\n")
        .contains("sentinel known-sentinel mymaster 192.168.145.12 26379 " + OTHER_ID + "\n");
  }

  @Test
  void readsBackItsOwnLines() throws Exception {
    String everything =
        SEED
            + """
            sentinel myid %s
            sentinel deny-scripts-reconfig no
            sentinel resolve-hostnames yes
            sentinel announce-hostnames yes
            sentinel announce-ip 10.1.1.1
            sentinel announce-port 5000
            sentinel sentinel-user me
            sentinel sentinel-pass "my pass"
            sentinel auth-user mymaster worker
            sentinel master-reboot-down-after-period mymaster 5000
            sentinel rename-command mymaster CONFIG very-secret
            sentinel rename-command mymaster SLAVEOF also-secret
            sentinel config-epoch mymaster 7
            sentinel leader-epoch mymaster 9
            sentinel known-slave mymaster 192.168.145.12 6379
            sentinel known-sentinel mymaster 192.168.145.12 26379 %s
            sentinel current-epoch 8
            sentinel monitor other 10.0.0.1 6380 1
            """
                .formatted(ID, OTHER_ID);
    SentinelDirectives directives = load(everything);
    SentinelState state = directives.words().state("unused");
    assertThat(state.currentEpoch()).as("never below a vote").isEqualTo(9);
    assertThat(state.masters().getFirst().options().access().renamedCommands())
        .containsEntry("config", "very-secret")
        .containsEntry("slaveof", "also-secret");

    SentinelDirectives again = load(saved(directives, state));
    assertThat(again.words().state("unused")).isEqualTo(state);
    assertThat(again.words().global()).isEqualTo(directives.words().global());
    String once = Files.readString(folder.resolve("sentinel.conf"));
    assertThat(saved(again, state)).as("a second rewrite changes nothing").isEqualTo(once);
  }

  @Test
  void dropsRemovedInstances() throws Exception {
    SentinelDirectives directives =
        load(SEED + "sentinel known-replica mymaster 192.168.145.12 6379\n");
    MasterState read = directives.words().state(ID).masters().getFirst();
    MasterState without = MasterState.fresh(read.name(), read.address(), read.options());
    assertThat(saved(directives, new SentinelState(ID, 0, List.of(without))))
        .doesNotContain("known-replica");
    assertThat(saved(directives, new SentinelState(ID, 0, List.of()))).doesNotContain("mymaster");
  }

  @Test
  void ignoresDirectivesOfDataServers() throws Exception {
    String text = SEED + "save 900 1\nrepl-diskless-sync-delay 0\nappendonly no\n";
    SentinelDirectives directives = load(text);
    assertThat(saved(directives, directives.words().state(ID))).startsWith(text);
  }

  /** SENTINEL CONFIG SET appends its line to the file. */
  @Test
  void acceptsNamesAllowedByALaterLine() throws Exception {
    SentinelDirectives directives =
        load("sentinel monitor a db.example 6379 1\nsentinel resolve-hostnames yes\n");
    assertThat(directives.words().state(ID).masters().getFirst().address().host())
        .isEqualTo("db.example");
  }

  @Test
  void refusesInRedisWords() {
    refused("sentinel monitor a 127.0.0.1 6379 0", "Quorum must be 1 or greater.");
    refused("sentinel monitor a nowhere 6379 1", "Can't resolve instance hostname.");
    refused("sentinel monitor a 127.0.0.1 70000 1", "Invalid port number");
    refused("sentinel foo bar", "Unrecognized sentinel configuration statement.");
    refused("sentinel myid 3", "Malformed Sentinel id in myid option.");
    String monitor = "sentinel monitor a 127.0.0.1 6379 1\n";
    refused(monitor + monitor, "Duplicate master name.");
    refused(monitor + "sentinel down-after-milliseconds a 0", "negative or zero time parameter.");
    refused(monitor + "sentinel quorum a 2", "Unrecognized sentinel configuration statement.");
    refused(
        monitor + "sentinel auth-pass nobody x",
        "at line 2\n>>> 'sentinel auth-pass nobody ***'\nNo such master with specified name.\n");
    refused(
        monitor + "sentinel quorum\n",
        "at line 2\n>>> 'sentinel quorum'\nUnrecognized sentinel configuration statement.\n");
    String script = "sentinel notification-script a /no/such";
    refused(
        monitor + script + "\n# the end",
        "at line 2\n>>> '%s'\nNotification script seems non existing or non executable.\n"
            .formatted(script));
    refused(
        monitor + "sentinel rename-command a GET x\nsentinel rename-command a get y",
        "Same command renamed multiple times with rename-command.");
    refused(
        monitor + "sentinel rename-command a GET GET\nsentinel rename-command a get y",
        "Same command renamed multiple times with rename-command.");
    refused(
        monitor + "sentinel known-replica a nowhere 6379",
        "at line 2\n>>> 'sentinel known-replica a nowhere 6379'\n"
            + "Can't resolve instance hostname.\n");
    refused(
        "sentinel deny-scripts-reconfig x",
        "Please specify yes or no for the deny-scripts-reconfig options.");
  }

  private void refused(String lines, String reason) {
    assertThatThrownBy(() -> load(lines + "\n"))
        .isInstanceOf(FatalConfigError.class)
        .satisfies(e -> assertThat(((FatalConfigError) e).text()).contains(reason));
  }
}
