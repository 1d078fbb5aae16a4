package io.redoubt.server.cluster.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.slot.SlotSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes messages. Refuses a message whose length does not match its content exactly, and ids and
 * addresses that could not be written to {@code nodes.conf}.
 */
public final class MessageDecoder {
  /** The number of bytes from which {@link #length} reads the length of a message. */
  public static final int PREFIX = 8;

  /** The maximum length of a message, above that of the largest message that can be published. */
  public static final int MAX_LENGTH = 1 << 30;

  private MessageDecoder() {}

  /** Returns the length of the message that starts with these {@link #PREFIX} bytes. */
  public static int length(ByteBuffer prefix) throws MalformedMessage {
    int at = prefix.position();
    if (prefix.getInt(at) != Layout.SIGNATURE) {
      throw new MalformedMessage("no signature");
    }
    int length = prefix.getInt(at + Integer.BYTES);
    if (length < Layout.LIGHT_HEADER || length > MAX_LENGTH) {
      throw new MalformedMessage("length " + Integer.toUnsignedString(length));
    }
    return length;
  }

  /** Returns true if the array holds a light message. */
  public static boolean isLight(byte[] bytes) {
    return bytes.length >= Layout.LIGHT_HEADER
        && (ByteBuffer.wrap(bytes).getShort(Layout.TYPE_AT) & Layout.LIGHT) != 0;
  }

  /** Decodes the light message that fills an array. Only published messages have this form. */
  public static Body.Publish decodeLight(byte[] bytes) throws MalformedMessage {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (length(in) != bytes.length) {
      throw new MalformedMessage("length of " + bytes.length + " bytes");
    }
    in.position(PREFIX);
    requireVersion(in);
    int type = unsigned(in.getShort(Layout.TYPE_AT)) & ~Layout.LIGHT;
    if (type != Layout.PUBLISH && type != Layout.PUBLISH_SHARD) {
      throw new MalformedMessage("light message of type " + type);
    }
    in.position(Layout.LIGHT_HEADER);
    Body.Publish body = publish(in, type);
    if (in.hasRemaining()) {
      throw new MalformedMessage(in.remaining() + " bytes too many for type " + type);
    }
    return body;
  }

  private static void requireVersion(ByteBuffer in) throws MalformedMessage {
    int version = unsigned(in.getShort());
    if (version != Layout.VERSION) {
      throw new MalformedMessage("version " + version);
    }
  }

  private static Body.Publish publish(ByteBuffer in, int type) throws MalformedMessage {
    require(in, 2 * Integer.BYTES);
    int channelLength = in.getInt();
    int messageLength = in.getInt();
    ByteString channel = bytes(in, channelLength);
    return new Body.Publish(type == Layout.PUBLISH_SHARD, channel, bytes(in, messageLength));
  }

  /** Decodes the message that fills an array. */
  public static Message decode(byte[] bytes) throws MalformedMessage {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < Layout.HEADER || length(in) != bytes.length) {
      throw new MalformedMessage("length of " + bytes.length + " bytes");
    }
    in.position(PREFIX);
    requireVersion(in);
    int port = unsigned(in.getShort());
    int type = unsigned(in.getShort());
    int entries = unsigned(in.getShort());
    long currentEpoch = epoch(in.getLong());
    long configEpoch = epoch(in.getLong());
    long offset = in.getLong();
    String sender = id(in);
    SlotSet slots = SlotSet.read(in);
    String master = optionalId(in);
    String ip = ip(in);
    int extensions = unsigned(in.getShort());
    in.position(in.position() + Layout.UNUSED);
    int otherPort = unsigned(in.getShort());
    int busPort = unsigned(in.getShort());
    int flags = unsigned(in.getShort());
    boolean clusterOk = in.get() == 0;
    int messageFlags = in.get() & 0xff;
    in.position(Layout.HEADER);
    Header header =
        new Header(
            sender,
            new Endpoint(ip, port, otherPort, busPort),
            new Header.View(currentEpoch, clusterOk),
            new Claim(configEpoch, slots),
            offset,
            master,
            flags,
            messageFlags);
    Body body = body(in, type, entries, header.says(Header.EXTENSION_DATA) ? extensions : 0);
    if (in.hasRemaining() && !(body instanceof Body.Unknown)) {
      throw new MalformedMessage(in.remaining() + " bytes too many for type " + type);
    }
    return new Message(header, body);
  }

  private static Body body(ByteBuffer in, int type, int entries, int extensions)
      throws MalformedMessage {
    return switch (type) {
      case Layout.PING -> gossip(in, Body.GossipKind.PING, entries, extensions);
      case Layout.PONG -> gossip(in, Body.GossipKind.PONG, entries, extensions);
      case Layout.MEET -> gossip(in, Body.GossipKind.MEET, entries, extensions);
      case Layout.FAIL -> {
        require(in, NodeIds.LENGTH);
        yield new Body.Fail(id(in));
      }
      case Layout.PUBLISH, Layout.PUBLISH_SHARD -> publish(in, type);
      case Layout.VOTE_REQUEST -> new Body.VoteRequest();
      case Layout.VOTE -> new Body.Vote();
      case Layout.UPDATE -> {
        require(in, Long.BYTES + NodeIds.LENGTH + SlotSet.BYTES);
        long configEpoch = epoch(in.getLong());
        String node = id(in);
        yield new Body.Update(configEpoch, node, SlotSet.read(in));
      }
      case Layout.PAUSE_REQUEST -> new Body.PauseRequest();
      case Layout.MODULE -> {
        require(in, Long.BYTES + Integer.BYTES + 1);
        long module = in.getLong();
        int length = in.getInt();
        int moduleType = in.get() & 0xff;
        yield new Body.Module(module, moduleType, bytes(in, length));
      }
      default -> new Body.Unknown(type);
    };
  }

  private static Body.Gossip gossip(
      ByteBuffer in, Body.GossipKind kind, int entryCount, int extensionCount)
      throws MalformedMessage {
    require(in, entryCount * Layout.GOSSIP_ENTRY);
    List<GossipEntry> entries = new ArrayList<>(entryCount);
    for (int i = 0; i < entryCount; i++) {
      entries.add(entry(in));
    }
    List<Extension> extensions = new ArrayList<>();
    for (int i = 0; i < extensionCount; i++) {
      extensions.add(extension(in));
    }
    return new Body.Gossip(kind, entries, extensions);
  }

  private static GossipEntry entry(ByteBuffer in) throws MalformedMessage {
    String node = id(in);
    long pingSent = Integer.toUnsignedLong(in.getInt());
    long pongReceived = Integer.toUnsignedLong(in.getInt());
    String ip = ip(in);
    int port = unsigned(in.getShort());
    int busPort = unsigned(in.getShort());
    int flags = unsigned(in.getShort());
    int otherPort = unsigned(in.getShort());
    in.position(in.position() + Short.BYTES);
    return new GossipEntry(
        node, pingSent, pongReceived, new Endpoint(ip, port, otherPort, busPort), flags);
  }

  private static Extension extension(ByteBuffer in) throws MalformedMessage {
    require(in, Layout.EXTENSION_HEADER);
    int length = in.getInt();
    int type = unsigned(in.getShort());
    in.position(in.position() + Short.BYTES);
    if (length < Layout.EXTENSION_HEADER || length % Layout.ALIGNMENT != 0) {
      throw new MalformedMessage("extension of " + Integer.toUnsignedString(length) + " bytes");
    }
    int contentLength = length - Layout.EXTENSION_HEADER;
    require(in, contentLength);
    ByteBuffer content = in.slice(in.position(), contentLength);
    in.position(in.position() + contentLength);
    return switch (type) {
      case Layout.HOSTNAME -> new Extension.Hostname(terminated(content));
      case Layout.NODE_NAME -> new Extension.NodeName(terminated(content));
      case Layout.FORGOTTEN_NODE -> {
        requireExactly(content, NodeIds.LENGTH + Long.BYTES);
        String node = id(content);
        yield new Extension.ForgottenNode(node, content.getLong());
      }
      case Layout.SHARD_ID -> {
        requireExactly(content, NodeIds.LENGTH);
        yield new Extension.ShardId(id(content));
      }
      default -> new Extension.Unknown(type, bytes(content, contentLength));
    };
  }

  private static void require(ByteBuffer in, int length) throws MalformedMessage {
    if (length < 0 || in.remaining() < length) {
      throw new MalformedMessage(
          "content of " + in.remaining() + " bytes instead of " + Integer.toUnsignedString(length));
    }
  }

  private static void requireExactly(ByteBuffer content, int length) throws MalformedMessage {
    if (content.remaining() != length) {
      throw new MalformedMessage("extension's content of " + content.remaining() + " bytes");
    }
  }

  private static int unsigned(short number) {
    return Short.toUnsignedInt(number);
  }

  /**
   * Refuses the greatest number: epochs never decrease, so once adopted no election could start a
   * greater one.
   */
  private static long epoch(long epoch) throws MalformedMessage {
    if (epoch < 0 || epoch == Long.MAX_VALUE) {
      throw new MalformedMessage("epoch " + Long.toUnsignedString(epoch));
    }
    return epoch;
  }

  private static String id(ByteBuffer in) throws MalformedMessage {
    String id = latin(in, NodeIds.LENGTH);
    if (!NodeIds.isId(id)) {
      throw new MalformedMessage("invalid node id");
    }
    return id;
  }

  private static @Nullable String optionalId(ByteBuffer in) throws MalformedMessage {
    if (in.get(in.position()) == 0) {
      in.position(in.position() + NodeIds.LENGTH);
      return null;
    }
    return id(in);
  }

  private static String ip(ByteBuffer in) throws MalformedMessage {
    String field = latin(in, Layout.IP);
    int end = field.indexOf('\0');
    if (end < 0) {
      throw new MalformedMessage("address without an end");
    }
    String ip = field.substring(0, end);
    if (!ip.chars().allMatch(MessageDecoder::isAddressCharacter)) {
      throw new MalformedMessage("invalid address");
    }
    return ip;
  }

  /** Returns true for characters of addresses and host names, IPv6 zones included. */
  private static boolean isAddressCharacter(int c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || ".:%-_".indexOf(c) >= 0;
  }

  private static String terminated(ByteBuffer content) throws MalformedMessage {
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        return new String(bytes, 0, i, ISO_8859_1);
      }
    }
    throw new MalformedMessage("name without an end");
  }

  private static String latin(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, ISO_8859_1);
  }

  private static ByteString bytes(ByteBuffer in, int length) throws MalformedMessage {
    require(in, length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return ByteString.of(bytes);
  }
}
