package io.redoubt.server.cluster.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.slot.SlotSet;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Encodes messages. */
public final class MessageEncoder {
  private static final int FAIL_LENGTH = NodeIds.LENGTH;
  private static final int UPDATE_LENGTH = Long.BYTES + NodeIds.LENGTH + SlotSet.BYTES;
  private static final int PUBLISH_LENGTHS = 2 * Integer.BYTES;
  private static final int MODULE_LENGTH = Long.BYTES + Integer.BYTES + 1;

  private MessageEncoder() {}

  public static byte[] encode(Message message) {
    Body body = message.body();
    ByteBuffer out = ByteBuffer.allocate(Math.addExact(Layout.HEADER, length(body)));
    header(out, message.header(), body);
    switch (body) {
      case Body.Gossip gossip -> {
        gossip.entries().forEach(entry -> entry(out, entry));
        gossip.extensions().forEach(extension -> extension(out, extension));
      }
      case Body.Fail(String node) -> text(out, node, NodeIds.LENGTH);
      case Body.Publish publish -> publish(out, publish);
      case Body.Update(long configEpoch, String node, SlotSet slots) -> {
        out.putLong(configEpoch);
        text(out, node, NodeIds.LENGTH);
        slots.write(out);
      }
      case Body.Module(long module, int type, ByteString content) -> {
        out.putLong(module).putInt(content.length()).put((byte) type);
        bytes(out, content);
      }
      case Body.VoteRequest() -> {}
      case Body.Vote() -> {}
      case Body.PauseRequest() -> {}
      case Body.Unknown unknown -> {}
    }
    return out.array();
  }

  /** Returns the bytes of a published message in the light form. */
  public static byte[] encodeLight(Body.Publish body) {
    ByteBuffer out = ByteBuffer.allocate(Math.addExact(Layout.LIGHT_HEADER, length(body)));
    out.putInt(Layout.SIGNATURE)
        .putInt(out.capacity())
        .putShort((short) Layout.VERSION)
        .putShort(Layout.TYPE_AT, (short) (type(body) | Layout.LIGHT))
        .position(Layout.LIGHT_HEADER);
    publish(out, body);
    return out.array();
  }

  private static void publish(ByteBuffer out, Body.Publish body) {
    out.putInt(body.channel().length()).putInt(body.message().length());
    bytes(out, body.channel());
    bytes(out, body.message());
  }

  private static int length(Body body) {
    return switch (body) {
      case Body.Gossip gossip ->
          gossip.entries().size() * Layout.GOSSIP_ENTRY
              + gossip.extensions().stream().mapToInt(MessageEncoder::length).sum();
      case Body.Fail fail -> FAIL_LENGTH;
      case Body.Publish publish ->
          Math.addExact(
              PUBLISH_LENGTHS,
              Math.addExact(publish.channel().length(), publish.message().length()));
      case Body.Update update -> UPDATE_LENGTH;
      case Body.Module module -> Math.addExact(MODULE_LENGTH, module.content().length());
      case Body.VoteRequest request -> 0;
      case Body.Vote vote -> 0;
      case Body.PauseRequest request -> 0;
      case Body.Unknown unknown -> 0;
    };
  }

  private static int length(Extension extension) {
    int content =
        switch (extension) {
          case Extension.Hostname(String name) -> name.getBytes(ISO_8859_1).length + 1;
          case Extension.NodeName(String name) -> name.getBytes(ISO_8859_1).length + 1;
          case Extension.ForgottenNode forgotten -> NodeIds.LENGTH + Long.BYTES;
          case Extension.ShardId shard -> NodeIds.LENGTH;
          case Extension.Unknown(int type, ByteString bytes) -> bytes.length();
        };
    return Layout.EXTENSION_HEADER + Layout.aligned(content);
  }

  private static int type(Body body) {
    return switch (body) {
      case Body.Gossip gossip ->
          switch (gossip.kind()) {
            case PING -> Layout.PING;
            case PONG -> Layout.PONG;
            case MEET -> Layout.MEET;
          };
      case Body.Fail fail -> Layout.FAIL;
      case Body.Publish publish -> publish.sharded() ? Layout.PUBLISH_SHARD : Layout.PUBLISH;
      case Body.VoteRequest request -> Layout.VOTE_REQUEST;
      case Body.Vote vote -> Layout.VOTE;
      case Body.Update update -> Layout.UPDATE;
      case Body.PauseRequest request -> Layout.PAUSE_REQUEST;
      case Body.Module module -> Layout.MODULE;
      case Body.Unknown unknown -> unknown.type();
    };
  }

  private static void header(ByteBuffer out, Header header, Body body) {
    int entries = 0;
    int extensions = 0;
    int messageFlags = header.messageFlags();
    if (body instanceof Body.Gossip gossip) {
      entries = gossip.entries().size();
      extensions = gossip.extensions().size();
      if (extensions > 0) {
        messageFlags |= Header.EXTENSION_DATA;
      }
    }
    Endpoint endpoint = header.endpoint();
    out.putInt(Layout.SIGNATURE)
        .putInt(out.capacity())
        .putShort((short) Layout.VERSION)
        .putShort((short) endpoint.port())
        .putShort((short) type(body))
        .putShort((short) entries)
        .putLong(header.currentEpoch())
        .putLong(header.configEpoch())
        .putLong(header.offset());
    text(out, header.sender(), NodeIds.LENGTH);
    header.slots().write(out);
    text(out, header.master(), NodeIds.LENGTH);
    text(out, endpoint.ip(), Layout.IP);
    out.putShort((short) extensions)
        .position(out.position() + Layout.UNUSED)
        .putShort((short) endpoint.otherPort())
        .putShort((short) endpoint.busPort())
        .putShort((short) header.flags())
        .put((byte) (header.clusterOk() ? 0 : 1))
        .put((byte) messageFlags)
        .putShort((short) 0);
  }

  private static void entry(ByteBuffer out, GossipEntry entry) {
    Endpoint endpoint = entry.endpoint();
    text(out, entry.node(), NodeIds.LENGTH);
    out.putInt((int) entry.pingSentSeconds()).putInt((int) entry.pongReceivedSeconds());
    text(out, endpoint.ip(), Layout.IP);
    out.putShort((short) endpoint.port())
        .putShort((short) endpoint.busPort())
        .putShort((short) entry.flags())
        .putShort((short) endpoint.otherPort())
        .putShort((short) 0);
  }

  private static void extension(ByteBuffer out, Extension extension) {
    int length = length(extension);
    int end = out.position() + length;
    out.putInt(length);
    switch (extension) {
      case Extension.Hostname(String name) ->
          out.putInt(Layout.HOSTNAME << Short.SIZE).put(name.getBytes(ISO_8859_1));
      case Extension.NodeName(String name) ->
          out.putInt(Layout.NODE_NAME << Short.SIZE).put(name.getBytes(ISO_8859_1));
      case Extension.ForgottenNode(String node, long ttlSeconds) -> {
        out.putInt(Layout.FORGOTTEN_NODE << Short.SIZE);
        text(out, node, NodeIds.LENGTH);
        out.putLong(ttlSeconds);
      }
      case Extension.ShardId(String shard) -> {
        out.putInt(Layout.SHARD_ID << Short.SIZE);
        text(out, shard, NodeIds.LENGTH);
      }
      case Extension.Unknown(int type, ByteString content) -> {
        out.putInt(type << Short.SIZE);
        bytes(out, content);
      }
    }
    out.position(end);
  }

  private static void text(ByteBuffer out, @Nullable String text, int length) {
    byte[] bytes = text == null ? new byte[0] : text.getBytes(ISO_8859_1);
    if (bytes.length > length) {
      throw new IllegalArgumentException("too long: " + text);
    }
    out.put(bytes).position(out.position() + length - bytes.length);
  }

  private static void bytes(ByteBuffer out, ByteString bytes) {
    out.put(bytes.toByteArray());
  }
}
