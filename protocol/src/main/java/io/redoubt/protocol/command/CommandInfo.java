package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.ReplyText;
import io.redoubt.protocol.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes elements of COMMAND INFO. Many commands have the same flags, categories and keys, which
 * are encoded once: the first COMMAND runs in the JVM's interpreter.
 */
final class CommandInfo {
  private final ReplyText reply;
  private final Map<Long, String> encodedFlags = new HashMap<>();
  private final Map<Integer, String> encodedCategories = new HashMap<>();
  private final Map<List<Integer>, String> encodedRanges = new HashMap<>();

  /**
   * Creates a writer.
   *
   * @param resp the protocol version: 2 or 3
   */
  CommandInfo(int resp) {
    reply = new ReplyText(resp);
  }

  /** Writes the header of an array. */
  void array(int elements) {
    reply.array(elements);
  }

  /** Writes the absence of a command. */
  void nil() {
    reply.nil();
  }

  /** Sends what was written. */
  void writeTo(ReplyWriter writer) {
    reply.writeTo(writer);
  }

  /** Writes one element. */
  void write(Command<?> command) {
    reply.array(10);
    reply.bulk(command.name());
    reply.integer(command.arity());
    flags(command);
    reply.integer(command.firstKey());
    reply.integer(command.lastKey());
    reply.integer(command.keyStep());
    int categories = command.categories();
    once(encodedCategories, categories, () -> writeCategories(categories));
    List<String> tips = command.docs().tips();
    reply.set(tips.size());
    tips.forEach(reply::bulk);
    List<KeySpec> keys = command.keySpecs().list();
    reply.set(keys.size());
    for (KeySpec spec : keys) {
      keySpec(spec);
    }
    Collection<? extends Command<?>> subcommands = command.subcommands();
    if (subcommands.isEmpty()) {
      reply.set(0);
    } else {
      reply.array(subcommands.size());
      subcommands.forEach(this::write);
    }
  }

  private void flags(Command<?> command) {
    long mask = command.flags() & ~Flag.MOVABLEKEYS.bit();
    if (command.keySpecs().isMovable()) {
      mask |= Flag.MOVABLEKEYS.bit();
    }
    long shown = mask;
    once(encodedFlags, shown, () -> writeFlags(shown));
  }

  /** Writes what has the same key as something written before, or writes and keeps it. */
  private <K> void once(Map<K, String> encoded, K key, Runnable write) {
    String known = encoded.get(key);
    if (known == null) {
      int start = reply.length();
      write.run();
      encoded.put(key, reply.from(start));
    } else {
      reply.raw(known);
    }
  }

  private void writeFlags(long mask) {
    List<String> labels = new ArrayList<>();
    for (Flag flag : Flag.values()) {
      if (flag.isShown() && (mask & flag.bit()) != 0) {
        labels.add(flag.label());
      }
    }
    reply.set(labels.size());
    labels.forEach(reply::simple);
  }

  private void writeCategories(int mask) {
    reply.set(Integer.bitCount(mask));
    for (Category category : Category.values()) {
      if ((mask & category.bit()) != 0) {
        reply.simple("@" + category.label());
      }
    }
  }

  /** Writes the flags of a key, for INFO and GETKEYSANDFLAGS. */
  static void keyFlags(ReplyText reply, int mask) {
    reply.set(Integer.bitCount(mask));
    for (KeyFlag flag : KeyFlag.values()) {
      if ((mask & flag.bit()) != 0) {
        reply.simple(flag.label());
      }
    }
  }

  private void keySpec(KeySpec spec) {
    if (!spec.isPlainRange() || spec.notes() != null) {
      writeKeySpec(spec);
      return;
    }
    List<Integer> numbers = List.of(spec.flags(), spec.position(), spec.last(), spec.step());
    once(encodedRanges, numbers, () -> writeKeySpec(spec));
  }

  private void writeKeySpec(KeySpec spec) {
    String notes = spec.notes();
    reply.map(notes == null ? 3 : 4);
    if (notes != null) {
      reply.bulk("notes");
      reply.bulk(notes);
    }
    reply.bulk("flags");
    keyFlags(reply, spec.flags());
    reply.bulk("begin_search");
    reply.map(2);
    reply.bulk("type");
    reply.bulk(spec.begin().name().toLowerCase(Locale.ROOT));
    reply.bulk("spec");
    String keyword = spec.keyword();
    switch (spec.begin()) {
      case INDEX -> {
        reply.map(1);
        field("index", spec.position());
      }
      case KEYWORD -> {
        reply.map(2);
        reply.bulk("keyword");
        reply.bulk(keyword == null ? "" : keyword);
        field("startfrom", spec.position());
      }
      case UNKNOWN -> reply.map(0);
    }
    reply.bulk("find_keys");
    reply.map(2);
    reply.bulk("type");
    reply.bulk(spec.find().name().toLowerCase(Locale.ROOT));
    reply.bulk("spec");
    switch (spec.find()) {
      case RANGE -> {
        reply.map(3);
        field("lastkey", spec.last());
        field("keystep", spec.step());
        field("limit", spec.limit());
      }
      case KEYNUM -> {
        reply.map(3);
        field("keynumidx", spec.last());
        field("firstkey", spec.limit());
        field("keystep", spec.step());
      }
      case UNKNOWN -> reply.map(0);
    }
  }

  private void field(String name, int value) {
    reply.bulk(name);
    reply.integer(value);
  }
}
