package io.redoubt.server.cluster.nodes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.message.NodeIds;
import io.redoubt.server.cluster.nodes.NodeRecord.Contact;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import io.redoubt.server.cluster.nodes.NodeRecord.OpenSlots;
import io.redoubt.server.cluster.nodes.NodesText.Form;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parses the format of {@link NodesText}, as written by Redis 3.0 (without the bus port) to 7.2.
 */
public final class NodesParser {
  /**
   * The content of a file.
   *
   * @param form {@link Form#EXTENDED} if a line has fields that Redis 7.0 can't read
   */
  public record Parsed(ClusterState state, Form form) {}

  private static final int FIELDS = 8;
  private static final int DEFAULT_BUS_OFFSET = 10_000;
  private static final int MAX_PORT = 65_535;

  private final List<NodeRecord> nodes = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private @Nullable String myId;
  private long currentEpoch;
  private long lastVoteEpoch;
  private Form form = Form.PLAIN;
  private int line;

  private NodesParser() {}

  public static Parsed parse(byte[] content) throws NodesSyntaxException {
    return new NodesParser().parseLines(new String(content, ISO_8859_1));
  }

  private Parsed parseLines(String text) throws NodesSyntaxException {
    for (String each : text.split("\n", -1)) {
      line++;
      List<byte[]> words = Quoting.split(each);
      if (words == null) {
        throw wrong("unbalanced quotes");
      }
      if (!words.isEmpty()) {
        parseLine(words.stream().map(word -> new String(word, ISO_8859_1)).toList());
      }
    }
    if (myId == null) {
      throw wrong("no node has the flag myself");
    }
    return new Parsed(new ClusterState(myId, currentEpoch, lastVoteEpoch, nodes), form);
  }

  private void parseLine(List<String> words) throws NodesSyntaxException {
    if (words.getFirst().equals("vars")) {
      // Skips variables of later versions, as Redis does.
      for (int i = 1; i + 1 < words.size(); i += 2) {
        switch (words.get(i)) {
          case "currentEpoch" -> currentEpoch = number(words.get(i + 1), Long.MAX_VALUE - 1);
          case "lastVoteEpoch" -> lastVoteEpoch = number(words.get(i + 1), Long.MAX_VALUE - 1);
          default -> {}
        }
      }
      return;
    }
    if (words.size() < FIELDS) {
      throw wrong("too few fields");
    }
    String id = id(words.get(0));
    if (!ids.add(id)) {
      throw wrong("a node is there twice");
    }
    int flags = flags(words.get(2));
    if ((flags & NodeFlag.MYSELF) != 0) {
      if (myId != null) {
        throw wrong("a second node has the flag myself");
      }
      myId = id;
    }
    String[] fields = words.get(1).split(",", -1);
    String master = words.get(3).equals("-") ? null : id(words.get(3));
    SlotSet slots = new SlotSet();
    Map<Integer, String> migrating = new TreeMap<>();
    Map<Integer, String> importing = new TreeMap<>();
    for (String word : words.subList(FIELDS, words.size())) {
      slot(word, slots, migrating, importing);
    }
    int otherPort = 0;
    String nodeName = "";
    String shard = "";
    for (int i = 2; i < fields.length; i++) {
      form = Form.EXTENDED;
      int equals = fields[i].indexOf('=');
      String value = fields[i].substring(equals + 1);
      switch (equals < 0 ? "" : fields[i].substring(0, equals)) {
        case "tls-port", "tcp-port" -> otherPort = (int) number(value, MAX_PORT);
        case "nodename" -> nodeName = value;
        case "shard-id" -> shard = id(value);
        default -> throw wrong("unknown field " + fields[i]);
      }
    }
    nodes.add(
        new NodeRecord(
            id,
            endpoint(fields[0], otherPort),
            new Labels(fields.length > 1 ? fields[1] : "", nodeName, shard),
            flags,
            master,
            new Contact(
                number(words.get(4), Long.MAX_VALUE),
                number(words.get(5), Long.MAX_VALUE),
                words.get(7).equals("connected")),
            new Claim(number(words.get(6), Long.MAX_VALUE - 1), slots),
            migrating.isEmpty() && importing.isEmpty()
                ? OpenSlots.NONE
                : new OpenSlots(Map.copyOf(migrating), Map.copyOf(importing))));
  }

  private Endpoint endpoint(String text, int otherPort) throws NodesSyntaxException {
    int at = text.indexOf('@');
    String address = at < 0 ? text : text.substring(0, at);
    int colon = address.lastIndexOf(':');
    if (colon < 0) {
      throw wrong("no port in " + text);
    }
    int port = (int) number(address.substring(colon + 1), MAX_PORT);
    int busPort =
        at < 0 ? port + DEFAULT_BUS_OFFSET : (int) number(text.substring(at + 1), MAX_PORT);
    return new Endpoint(address.substring(0, colon), port, otherPort, busPort);
  }

  private int flags(String text) throws NodesSyntaxException {
    int flags = 0;
    for (String name : text.split(",", -1)) {
      if (!name.equals("noflags")) {
        flags |= flag(name);
      }
    }
    return flags;
  }

  private int flag(String name) throws NodesSyntaxException {
    for (FlagName each : FlagName.values()) {
      if (each.text().equals(name)) {
        return each.bit();
      }
    }
    throw wrong("unknown flag " + name);
  }

  private void slot(
      String word, SlotSet slots, Map<Integer, String> migrating, Map<Integer, String> importing)
      throws NodesSyntaxException {
    if (word.startsWith("[") && word.endsWith("]")) {
      int arrow = word.indexOf('-');
      if (arrow < 0 || word.length() < arrow + 4) {
        throw wrong("unknown slot " + word);
      }
      int slot = slot(word.substring(1, arrow));
      String id = id(word.substring(arrow + 3, word.length() - 1));
      switch (word.substring(arrow, arrow + 3)) {
        case "->-" -> migrating.put(slot, id);
        case "-<-" -> importing.put(slot, id);
        default -> throw wrong("unknown slot " + word);
      }
      return;
    }
    int dash = word.indexOf('-');
    int first = slot(dash < 0 ? word : word.substring(0, dash));
    int last = dash < 0 ? first : slot(word.substring(dash + 1));
    for (int slot = first; slot <= last; slot++) {
      slots.add(slot);
    }
  }

  private int slot(String text) throws NodesSyntaxException {
    return (int) number(text, SlotSet.SLOTS - 1);
  }

  private String id(String text) throws NodesSyntaxException {
    if (!NodeIds.isId(text)) {
      throw wrong("invalid id " + text);
    }
    return text;
  }

  private long number(String text, long max) throws NodesSyntaxException {
    try {
      long number = Long.parseLong(text);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong("invalid number " + text);
    }
    throw wrong("number out of range " + text);
  }

  private NodesSyntaxException wrong(String reason) {
    return new NodesSyntaxException(line, reason);
  }
}
