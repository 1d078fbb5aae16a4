package io.redoubt.server.cluster.message;

/**
 * Offsets and lengths in bytes of Redis 7's bus messages. Numbers are big-endian; texts are padded
 * with zeros.
 *
 * <pre>
 * header                                  gossip entry, 104 bytes each
 *    0  "RCmb"                               0  node id[40]
 *    4  total length, u32                   40  ping sent, u32 seconds
 *    8  version 1, u16                      44  pong received, u32 seconds
 *   10  port, u16                           48  IP[46]
 *   12  type, u16                           94  port, u16
 *   14  number of gossip entries, u16       96  bus port, u16
 *   16  current epoch, u64                  98  flags, u16
 *   24  config epoch, u64                  100  other port, u16
 *   32  offset, u64                        102  unused, u16
 *   40  sender[40]
 *   80  slots[2048]                       extension, aligned to 8 bytes
 * 2128  master[40]                           0  length with these 8 bytes, u32
 * 2168  IP[46]                               4  type, u16
 * 2214  number of extensions, u16            6  unused, u16
 * 2216  unused[30]                           8  content
 * 2246  other port, u16
 * 2248  bus port, u16
 * 2250  flags, u16
 * 2252  state, u8: 0 if serving
 * 2253  message flags, u8, and 2 unused bytes
 * 2256  body
 * </pre>
 *
 * A light message, as in Valkey 8.0, has a bit set in its type and only the first 16 bytes of the
 * header; the fields at 10 and 14 are unused. Its sender is the one of the preceding full message
 * on the same connection.
 */
final class Layout {
  /** "RCmb". */
  static final int SIGNATURE = 0x52436d62;

  static final int VERSION = 1;
  static final int HEADER = 2256;

  /** The header of a light message. */
  static final int LIGHT_HEADER = 16;

  /** The bit of the type that marks a light message. */
  static final int LIGHT = 0x8000;

  static final int IP = 46;
  static final int LENGTH_AT = 4;
  static final int TYPE_AT = 12;
  static final int ENTRIES_AT = 14;
  static final int SENDER_AT = 40;
  static final int EXTENSIONS_AT = 2214;
  static final int UNUSED = 30;
  static final int GOSSIP_ENTRY = 104;
  static final int EXTENSION_HEADER = 8;
  static final int ALIGNMENT = 8;

  static final int PING = 0;
  static final int PONG = 1;
  static final int MEET = 2;
  static final int FAIL = 3;
  static final int PUBLISH = 4;
  static final int VOTE_REQUEST = 5;
  static final int VOTE = 6;
  static final int UPDATE = 7;
  static final int PAUSE_REQUEST = 8;
  static final int MODULE = 9;
  static final int PUBLISH_SHARD = 10;

  static final int HOSTNAME = 0;
  static final int NODE_NAME = 1;
  static final int FORGOTTEN_NODE = 2;
  static final int SHARD_ID = 3;

  private Layout() {}

  static int aligned(int length) {
    return (length + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
