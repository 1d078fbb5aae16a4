package io.redoubt.server.cluster.nodes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.server.cluster.message.NodeFlag;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * Formats {@code nodes.conf}: a line per node as in CLUSTER NODES, and a line with the epochs.
 *
 * <pre>
 * id ip:port@busport[,hostname[,name=value]...] flags master ping pong epoch link slot...
 * vars currentEpoch 6 lastVoteEpoch 0
 * </pre>
 *
 * <p>A slot is a number or a range as in {@code 0-5460}; {@code [93->-id]} is a slot migrating to a
 * node, {@code [77-<-id]} one imported from a node.
 */
public final class NodesText {
  /** The fields that follow the address. */
  public enum Form {
    /** Only the host name, for Redis 7.0 and for clients. */
    PLAIN,
    /** Host name, other port, node name and shard, as in Redis 7.2. */
    EXTENDED
  }

  private NodesText() {}

  /**
   * Returns the content of the file.
   *
   * @param tls true if the ports of the nodes' endpoints are TLS ports
   */
  public static byte[] format(ClusterState state, Form form, boolean tls) {
    StringBuilder text = new StringBuilder();
    for (NodeRecord node : state.nodes()) {
      if (!node.has(NodeFlag.HANDSHAKE)) {
        appendLine(text, node, form, tls);
        text.append('\n');
      }
    }
    text.append("vars currentEpoch ")
        .append(state.currentEpoch())
        .append(" lastVoteEpoch ")
        .append(state.lastVoteEpoch())
        .append('\n');
    return text.toString().getBytes(ISO_8859_1);
  }

  public static String line(NodeRecord node) {
    StringBuilder line = new StringBuilder();
    appendLine(line, node, Form.PLAIN, false);
    return line.toString();
  }

  private static void appendLine(StringBuilder out, NodeRecord node, Form form, boolean tls) {
    out.append(node.id()).append(' ');
    appendAddress(out, node, form, tls);
    out.append(' ')
        .append(flags(node.flags()))
        .append(' ')
        .append(node.master() == null ? "-" : node.master())
        .append(' ')
        .append(node.contact().pingSentMillis())
        .append(' ')
        .append(node.contact().pongReceivedMillis())
        .append(' ')
        .append(node.configEpoch())
        .append(node.contact().connected() ? " connected" : " disconnected");
    if (!node.slots().isEmpty()) {
      out.append(' ').append(node.slots());
    }
    new TreeMap<>(node.openSlots().migrating())
        .forEach((slot, id) -> out.append(" [").append(slot).append("->-").append(id).append(']'));
    new TreeMap<>(node.openSlots().importing())
        .forEach((slot, id) -> out.append(" [").append(slot).append("-<-").append(id).append(']'));
  }

  private static void appendAddress(StringBuilder out, NodeRecord node, Form form, boolean tls) {
    out.append(node.endpoint().ip())
        .append(':')
        .append(node.endpoint().port())
        .append('@')
        .append(node.endpoint().busPort());
    NodeRecord.Labels labels = node.labels();
    if (form == Form.PLAIN) {
      if (!labels.hostname().isEmpty()) {
        out.append(',').append(labels.hostname());
      }
      return;
    }
    out.append(',')
        .append(labels.hostname())
        .append(tls ? ",tcp-port=" : ",tls-port=")
        .append(node.endpoint().otherPort());
    if (!labels.nodeName().isEmpty()) {
      out.append(",nodename=").append(labels.nodeName());
    }
    if (!labels.shard().isEmpty()) {
      out.append(",shard-id=").append(labels.shard());
    }
  }

  /** Returns the names of {@link NodeFlag} bits, such as {@code myself,master}. */
  public static String flags(int flags) {
    StringJoiner names = new StringJoiner(",").setEmptyValue("noflags");
    for (FlagName each : FlagName.values()) {
      if ((flags & each.bit()) != 0) {
        names.add(each.text());
      }
    }
    return names.toString();
  }
}
