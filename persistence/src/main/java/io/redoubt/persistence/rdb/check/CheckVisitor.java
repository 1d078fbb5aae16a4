package io.redoubt.persistence.rdb.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Counts the keys of a checked file and prints its other items. */
final class CheckVisitor implements RdbVisitor {

  /** The maximum length of a printed line in Redis, without the offset. */
  private static final int LONGEST_BYTES = 1023;

  private final CheckTerminal terminal;
  private final long nowMillis;
  private @Nullable RdbReader reader;
  private long keys;
  private long expiring;
  private long expired;
  private String keyText = "";
  private long expireAtMillis = RdbKey.NONE; // of the current key

  CheckVisitor(CheckTerminal terminal) {
    this.terminal = terminal;
    this.nowMillis = terminal.nowMillis();
  }

  void setReader(RdbReader driving) {
    reader = driving;
  }

  /** Prints a line after the offset reached by the reader. */
  void print(String text) {
    byte[] bytes = Utf8.encode(text);
    String shown =
        bytes.length > LONGEST_BYTES ? Utf8.decode(Arrays.copyOf(bytes, LONGEST_BYTES)) : text;
    terminal.print(
        String.format(Locale.ROOT, "[offset %d] ", reader == null ? 0 : reader.reached())
            + shown
            + "\n");
  }

  /** Returns the text up to its first NUL, like a string in C. */
  static String asString(String text) {
    int zero = text.indexOf(0);
    return zero < 0 ? text : text.substring(0, zero);
  }

  /**
   * Prints the counts.
   *
   * @param begun the number of keys read without their values
   */
  void printCounts(int begun) {
    terminal.print(String.format(Locale.ROOT, "[info] %d keys read\n", keys + begun));
    terminal.print(String.format(Locale.ROOT, "[info] %d expires\n", expiring));
    terminal.print(String.format(Locale.ROOT, "[info] %d already expired\n", expired));
  }

  String keyBegun() {
    return keyText;
  }

  private void begin(RdbKey key) {
    keys++;
    byte[] bytes = key.memory().asSlice(key.offset(), key.length()).toArray(JAVA_BYTE);
    keyText = Utf8.decode(bytes);
    expireAtMillis = key.expireAtMillis();
  }

  private void whole(RdbKey key) {
    begin(key);
    finishKey();
  }

  @Override
  public void endValue() {
    finishKey();
  }

  private void finishKey() {
    if (expireAtMillis != RdbKey.NONE) {
      expiring++;
      if (expireAtMillis < nowMillis) {
        expired++;
      }
    }
  }

  /** Returns true for a field without data of users, which {@code repl-backlog} has. */
  private static boolean isHeader(String name) {
    return switch (name) {
      case "redis-ver",
          "valkey-ver",
          "redis-bits",
          "ctime",
          "used-mem",
          "aof-base",
          "aof-preamble" ->
          true;
      case "repl-stream-db", "repl-id", "repl-offset" -> true;
      default -> false;
    };
  }

  @Override
  public void aux(String name, String value) {
    String text = asString(value);
    print(
        "AUX FIELD "
            + asString(name)
            + " = '"
            + (isHeader(name) ? text : terminal.shown(text))
            + "'");
  }

  @Override
  public void selectDb(int database) {
    print("Selecting DB ID " + database);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) {}

  @Override
  public void moduleAux(String module) {
    print("MODULE AUX for: " + module);
  }

  @Override
  public void end() {
    boolean summed = reader != null && reader.isChecksumStored();
    print(
        summed ? "Checksum OK" : "RDB file was saved with checksum disabled: no check performed.");
  }

  @Override
  public void beginString(RdbKey key, long length) {
    begin(key);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {}

  @Override
  public void endString() {
    finishKey();
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    whole(key);
  }

  @Override
  public void integer(RdbKey key, long value) {
    whole(key);
  }

  @Override
  public void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length) {
    whole(key);
  }

  @Override
  public void empty(RdbKey key) {
    whole(key);
  }

  @Override
  public void beginList(RdbKey key, RdbType type, long parts) {
    begin(key);
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {}

  @Override
  public void listElement(RdbBytes element) {}

  @Override
  public void beginSet(RdbKey key, long members) {
    begin(key);
  }

  @Override
  public void setMember(RdbBytes member) {}

  @Override
  public void beginSortedSet(RdbKey key, long members) {
    begin(key);
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {}

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) {
    begin(key);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long fieldExpireAtMillis) {}

  @Override
  public void beginStream(RdbKey key, RdbType type, long nodes) {
    begin(key);
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {}

  @Override
  public void onRepair(RdbType type, String what) {
    print("The value of key '" + asString(keyText) + "' is repaired when it is loaded: " + what);
  }
}
