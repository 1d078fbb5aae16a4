package io.redoubt.persistence.aof.rewrite;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import java.lang.foreign.MemorySegment;

/**
 * Writes commands to an output: single commands, and batches of commands that add any number of
 * items to a key.
 */
final class CommandOutput implements AutoCloseable {
  /** The maximum number of items in a command, as in Redis. */
  private static final int MAX_ITEMS = 64;

  private static final byte[] LINE_END = {'\r', '\n'};

  private final RdbOutput out;
  private final ReplyCollector words;
  private final ReplyWriter writer;

  private String itemCommand = "";
  private byte[] itemKey = {};
  private int itemWords;
  private int items;

  CommandOutput(RdbOutput out, BufferMemory buffers) {
    this.out = out;
    this.words = new ReplyCollector(buffers);
    this.writer = new ReplyWriter(words);
  }

  /** Starts a command of {@code count} words, which the caller writes as bulk strings. */
  ReplyWriter command(int count) {
    words.clear();
    writer.array(count);
    return writer;
  }

  void end() {
    out.putBytes(words.memory(), words.start(), words.length());
    words.clear();
  }

  /** Starts commands that add items, each of a fixed number of words, to a key. */
  void beginItems(String command, byte[] key, int wordsAnItem) {
    itemCommand = command;
    itemKey = key;
    itemWords = wordsAnItem;
    items = 0;
    words.clear();
  }

  /** Starts the next item, whose words the caller writes as bulk strings. */
  ReplyWriter item() {
    if (items == MAX_ITEMS) {
      endItems();
    }
    items++;
    return writer;
  }

  void endItems() {
    if (items == 0) {
      return;
    }
    put("*" + (2 + items * itemWords) + "\r\n");
    put("$" + itemCommand.length() + "\r\n" + itemCommand + "\r\n");
    put("$" + itemKey.length + "\r\n");
    put(itemKey);
    put(LINE_END);
    out.putBytes(words.memory(), words.start(), words.length());
    words.clear();
    items = 0;
  }

  /** Starts a command whose last word is written in pieces by {@link #piece}. */
  void beginLong(String command, byte[] key, long lastWordBytes) {
    ReplyWriter head = command(3);
    head.bulk(command);
    head.bulk(key);
    end();
    put("$" + lastWordBytes + "\r\n");
  }

  void piece(MemorySegment memory, long offset, long length) {
    out.putBytes(memory, offset, length);
  }

  void endLong() {
    put(LINE_END);
  }

  void put(String text) {
    put(text.getBytes(US_ASCII));
  }

  private void put(byte[] bytes) {
    out.putBytes(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  static byte[] copy(RdbBytes bytes) {
    return copy(bytes.memory(), bytes.offset(), bytes.length());
  }

  static byte[] copy(MemorySegment memory, long offset, int length) {
    return memory.asSlice(offset, length).toArray(JAVA_BYTE);
  }

  @Override
  public void close() {
    words.close();
  }
}
