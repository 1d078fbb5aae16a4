package io.redoubt.server.cluster.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;

/**
 * Reads the header of a message before the rest has arrived, so that an unknown sender can be
 * answered without buffering a body that is ignored.
 */
public final class MessageStart {
  /** The number of bytes that contain the sender, the type and the counts. */
  public static final int BYTES = Layout.HEADER;

  /** The length of a light message's header. */
  public static final int LIGHT_BYTES = Layout.LIGHT_HEADER;

  /** The number of entries in a cluster of 2 000 nodes: gossip mentions a tenth of the nodes. */
  private static final int MAX_WHOLE_ENTRIES = 200;

  /** The maximum length of all extensions: names of 255 bytes, and some forgotten nodes. */
  private static final int MAX_EXTENSION_BYTES = 16 * 1024;

  private MessageStart() {}

  /** Returns the id of the sender; not validated. */
  public static String sender(byte[] start) {
    return new String(start, Layout.SENDER_AT, NodeIds.LENGTH, ISO_8859_1);
  }

  /** Returns true for PING, PONG and MEET, the messages that an unknown node may send. */
  public static boolean isGossip(byte[] start) {
    int type = unsigned(start, Layout.TYPE_AT);
    return type == Layout.PING || type == Layout.PONG || type == Layout.MEET;
  }

  /** Returns true if the gossip is short enough to be buffered even for an unknown node. */
  public static boolean isShort(byte[] start) {
    return unsigned(start, Layout.ENTRIES_AT) <= MAX_WHOLE_ENTRIES;
  }

  /**
   * Checks the length of a PING, PONG or MEET against its header.
   *
   * @throws MalformedMessage if it is shorter than its entries, or longer than its entries and any
   *     extensions
   */
  public static void requireGossipLength(byte[] start, int length) throws MalformedMessage {
    int entries = Layout.HEADER + unsigned(start, Layout.ENTRIES_AT) * Layout.GOSSIP_ENTRY;
    boolean extended = unsigned(start, Layout.EXTENSIONS_AT) > 0;
    if (length < entries || length > entries + (extended ? MAX_EXTENSION_BYTES : 0)) {
      throw new MalformedMessage("length of " + length + " bytes from an unknown sender");
    }
  }

  /** Turns the header into a complete message without gossip and extensions. */
  public static void cut(byte[] start) {
    ByteBuffer.wrap(start)
        .putInt(Layout.LENGTH_AT, Layout.HEADER)
        .putShort(Layout.ENTRIES_AT, (short) 0)
        .putShort(Layout.EXTENSIONS_AT, (short) 0);
  }

  private static int unsigned(byte[] start, int at) {
    return Short.toUnsignedInt(ByteBuffer.wrap(start).getShort(at));
  }
}
