package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Maps names to values; looks up an argument of a request in any case, without allocation. Names
 * are compared as eight-byte words in lower case. Uses open addressing, with at most a quarter of
 * the slots used.
 */
final class NameIndex<V> {
  private final Map<String, V> byName = new LinkedHashMap<>();
  private long[][] names = new long[16][];
  private int[] lengths = new int[16];
  private ArrayList<@Nullable V> values = blank(16);

  /** Adds or replaces a value; returns the previous one. */
  @Nullable V put(String name, V value) {
    V previous = byName.put(name.toLowerCase(Locale.ROOT), value);
    if (previous == null && byName.size() * 4 <= lengths.length) {
      insert(name.toLowerCase(Locale.ROOT), value);
    } else {
      rebuild();
    }
    return previous;
  }

  @Nullable V remove(String name) {
    V previous = byName.remove(name.toLowerCase(Locale.ROOT));
    rebuild();
    return previous;
  }

  @Nullable V find(String name) {
    return byName.get(name.toLowerCase(Locale.ROOT));
  }

  Collection<V> values() {
    return byName.values();
  }

  Map<String, V> byName() {
    return byName;
  }

  @Nullable V find(Request request, int argument) {
    MemorySegment memory = request.memory();
    long offset = request.offset(argument);
    int length = request.length(argument);
    int mask = lengths.length - 1;
    long firstWord = word(memory, offset, length, 0);
    int slot = slot(firstWord, length) & mask;
    while (lengths[slot] != 0) {
      if (lengths[slot] == length
          && names[slot][0] == firstWord
          && restIsEqual(names[slot], memory, offset, length)) {
        return values.get(slot);
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  private static boolean restIsEqual(long[] name, MemorySegment memory, long offset, int length) {
    for (int i = 1; i < name.length; i++) {
      if (name[i] != word(memory, offset, length, i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the i-th eight bytes in lower case; the last word is padded with zeros. */
  private static long word(MemorySegment memory, long offset, int length, int i) {
    return Request.word(memory, offset + i * 8L, length - i * 8);
  }

  private static int slot(long firstWord, int length) {
    long hash = (firstWord + length) * 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 32);
  }

  private void rebuild() {
    int size = Math.max(16, Integer.highestOneBit(byName.size()) << 4);
    names = new long[size][];
    lengths = new int[size];
    values = blank(size);
    byName.forEach(this::insert);
  }

  private void insert(String name, V value) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    int length = bytes.length;
    var words = new long[(length + 7) / 8];
    // Padded, so that a word is read at once: the start has hundreds of names.
    MemorySegment memory = MemorySegment.ofArray(Arrays.copyOf(bytes, words.length * Long.BYTES));
    for (int i = 0; i < words.length; i++) {
      words[i] = word(memory, 0, length, i);
    }
    int slot = slot(words.length == 0 ? 0 : words[0], length) & (lengths.length - 1);
    while (lengths[slot] != 0) {
      slot = (slot + 1) & (lengths.length - 1);
    }
    names[slot] = words;
    lengths[slot] = length;
    values.set(slot, value);
  }

  private static <V> ArrayList<@Nullable V> blank(int size) {
    var list = new ArrayList<@Nullable V>(size);
    for (int i = 0; i < size; i++) {
      list.add(null);
    }
    return list;
  }
}
