package io.redoubt.server.cluster.nodes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.NodesText.Form;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodesTextTest {
  private static final String A = "a".repeat(40);
  private static final String B = "b".repeat(40);
  private static final String SHARD = "5".repeat(40);

  private static final String PLAIN =
      A
          + " 127.0.0.1:7000@17000,host.a myself,master - 0 1700000000000 7 connected 0-5460 7000"
          + " [93->-"
          + B
          + "] [9000-<-"
          + B
          + "]\n"
          + B
          + " ::1:7001@17001 slave,fail?,nofailover "
          + A
          + " 12 34 6 disconnected\n"
          + "vars currentEpoch 8 lastVoteEpoch 3\n";

  private static NodesParser.Parsed parse(String text) throws NodesSyntaxException {
    return NodesParser.parse(text.getBytes(ISO_8859_1));
  }

  private static String format(ClusterState state, Form form) {
    return new String(NodesText.format(state, form, false), ISO_8859_1);
  }

  @Test
  void readsAndWritesTheFormOfRedis70() throws NodesSyntaxException {
    NodesParser.Parsed parsed = parse(PLAIN);
    ClusterState state = parsed.state();
    assertThat(parsed.form()).isEqualTo(Form.PLAIN);
    assertThat(state.myId()).isEqualTo(A);
    assertThat(state.currentEpoch()).isEqualTo(8);
    assertThat(state.lastVoteEpoch()).isEqualTo(3);
    NodeRecord mine = state.myself();
    assertThat(mine.endpoint()).isEqualTo(new Endpoint("127.0.0.1", 7000, 0, 17000));
    assertThat(mine.labels().hostname()).isEqualTo("host.a");
    assertThat(mine.configEpoch()).isEqualTo(7);
    assertThat(mine.slots()).hasToString("0-5460 7000");
    assertThat(mine.openSlots().migrating()).isEqualTo(Map.of(93, B));
    assertThat(mine.openSlots().importing()).isEqualTo(Map.of(9000, B));
    NodeRecord other = state.nodes().get(1);
    assertThat(other.endpoint()).isEqualTo(new Endpoint("::1", 7001, 0, 17001));
    assertThat(other.master()).isEqualTo(A);
    assertThat(other.flags()).isEqualTo(NodeFlag.REPLICA | NodeFlag.PFAIL | NodeFlag.NOFAILOVER);
    assertThat(format(state, Form.PLAIN)).isEqualTo(PLAIN);
  }

  @Test
  void readsAndWritesTheFormOfRedis72() throws NodesSyntaxException {
    String text =
        A
            + " 127.0.0.1:7000@17000,,tls-port=7443,nodename=west,shard-id="
            + SHARD
            + " myself,master - 0 0 0 connected\n"
            + "vars currentEpoch 0 lastVoteEpoch 0\n";
    NodesParser.Parsed parsed = parse(text);
    assertThat(parsed.form()).isEqualTo(Form.EXTENDED);
    assertThat(parsed.state().myself().labels())
        .isEqualTo(new NodeRecord.Labels("", "west", SHARD));
    assertThat(parsed.state().myself().endpoint().otherPort()).isEqualTo(7443);
    assertThat(format(parsed.state(), Form.EXTENDED)).isEqualTo(text);
    assertThat(NodesText.line(parsed.state().myself()))
        .isEqualTo(A + " 127.0.0.1:7000@17000 myself,master - 0 0 0 connected");
  }

  @Test
  void refusesDamagedFiles() {
    String line = A + " 127.0.0.1:7000@17000 myself,master - 0 0 0 connected";
    refuses("vars currentEpoch 0 lastVoteEpoch 0", "myself");
    refuses(line + "\n" + line, "twice");
    refuses(line + "\n" + line.replace(A, B), "second node");
    refuses(line.replace("master", "queen"), "flag");
    refuses(line + " 16384", "range");
    refuses(line + " [1->x", "number");
    refuses(line + " [1-=-" + B + "]", "slot");
    refuses(line.replace(A, "abc"), "id");
    refuses(line.replace("connected", "").trim(), "few");
    refuses(line.replace(":7000", ""), "port");
    refuses(line.replace("@17000", "@17000,,colour=red"), "unknown field");
    refuses(line + "\nvars currentEpoch x lastVoteEpoch 0", "number");
    refuses(line + " \"", "quotes");
  }

  private static void refuses(String text, String reason) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(NodesSyntaxException.class)
        .hasMessageContaining(reason);
  }
}
