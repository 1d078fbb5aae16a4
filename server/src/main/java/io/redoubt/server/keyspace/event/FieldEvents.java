package io.redoubt.server.keyspace.event;

import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The notification of one event of some fields of a hash, as of Redis 8.8: {@link #begin}, then
 * {@link #add} for each field, then {@link #end}. Does nothing unless a kind of channel is enabled.
 *
 * <p>The fields of a message are {@code <length>:<field>} separated by commas. Many fields are
 * divided among several messages, so that a message takes little memory.
 */
public final class FieldEvents {
  /** The length from which the fields of a message are published. */
  private static final int MESSAGE_BYTES = 64 << 10;

  /** Longer fields are left out, since their messages would take much of the heap. */
  static final int MAX_FIELD_BYTES = 1 << 20;

  private static final int FIRST_BYTES = 256;

  /** The maximum length of the length of a field, with a comma and a colon. */
  private static final int PREFIX_BYTES = 12;

  private final KeyspaceEvents.Publisher publisher;
  private int channels;
  private KeyEvent event = KeyEvent.HSET;
  private int database;

  /** The key of the started notification, or null. */
  private @Nullable ByteString key;

  private byte[] fields = {};
  private int length;

  FieldEvents(KeyspaceEvents.Publisher publisher) {
    this.publisher = publisher;
  }

  /** Enables the kinds of channels whose {@link KeyEventClass#bit()} is set in {@code mask}. */
  void enable(int mask) {
    channels = mask;
  }

  private boolean has(KeyEventClass channel) {
    return (channels & channel.bit()) != 0;
  }

  /** Starts the notification of an event, in place of one that has not finished. */
  void begin(KeyEvent started, int index, MemorySegment memory, long keyOffset, int keyLength) {
    event = started;
    database = index;
    key = ByteString.copyOf(memory, keyOffset, keyLength);
    length = 0;
  }

  /** Returns true between the start of a notification and its end. */
  public boolean isOpen() {
    return key != null;
  }

  /** Adds a field to the started notification. */
  public void add(MemorySegment memory, long offset, int fieldLength) {
    if (key == null || fieldLength > MAX_FIELD_BYTES) {
      return;
    }
    if (has(KeyEventClass.SUBKEYSPACEITEM) && !contains(key, '\n')) {
      publisher.publish(
          ByteString.of(
              joined(
                  prefix("__subkeyspaceitem@"),
                  key.toByteArray(),
                  new byte[] {'\n'},
                  ByteString.copyOf(memory, offset, fieldLength).toByteArray())),
          event.wireName());
    }
    if (channels == KeyEventClass.SUBKEYSPACEITEM.bit()) {
      return;
    }
    if (length > 0 && length + fieldLength > MESSAGE_BYTES) {
      publish();
    }
    makeRoom(fieldLength + PREFIX_BYTES);
    append(((length == 0 ? "" : ",") + fieldLength + ':').getBytes(StandardCharsets.US_ASCII));
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, fields, length, fieldLength);
    length += fieldLength;
  }

  private void makeRoom(int bytes) {
    if (length + bytes > fields.length) {
      int doubled = Math.max(FIRST_BYTES, 2 * fields.length);
      fields = Arrays.copyOf(fields, Math.max(doubled, length + bytes));
    }
  }

  private void append(byte[] text) {
    System.arraycopy(text, 0, fields, length, text.length);
    length += text.length;
  }

  /** Publishes the fields added, if any, and finishes the notification. */
  public void end() {
    if (length > 0) {
      publish();
    }
    discard();
  }

  /** Ends a started notification, if there is one, and publishes nothing more. */
  void discard() {
    key = null;
    length = 0;
    if (fields.length > MESSAGE_BYTES) {
      fields = new byte[] {};
    }
  }

  private void publish() {
    ByteString of = key;
    if (of == null) {
      return;
    }
    byte[] list = Arrays.copyOf(fields, length);
    byte[] name = event.wireName().toByteArray();
    byte[] bar = {'|'};
    if (has(KeyEventClass.SUBKEYSPACE)) {
      publish("__subkeyspace@", of.toByteArray(), joined(name, bar, list));
    }
    if (has(KeyEventClass.SUBKEYEVENT)) {
      byte[] keyLength = (of.length() + ":").getBytes(StandardCharsets.US_ASCII);
      publish("__subkeyevent@", name, joined(keyLength, of.toByteArray(), bar, list));
    }
    if (has(KeyEventClass.SUBKEYSPACEEVENT)) {
      publish("__subkeyspaceevent@", joined(name, bar, of.toByteArray()), list);
    }
    length = 0;
  }

  private void publish(String kind, byte[] rest, byte[] message) {
    publisher.publish(ByteString.of(joined(prefix(kind), rest)), ByteString.of(message));
  }

  private byte[] prefix(String kind) {
    return (kind + database + "__:").getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean contains(ByteString bytes, char wanted) {
    for (byte b : bytes.toByteArray()) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }

  private static byte[] joined(byte[]... parts) {
    int whole = 0;
    for (byte[] part : parts) {
      whole += part.length;
    }
    byte[] joined = new byte[whole];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }
}
