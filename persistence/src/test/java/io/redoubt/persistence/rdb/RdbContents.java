package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Collects the calls of a reader. Bytes are kept as ISO-8859-1 text, which can be compared and
 * printed.
 */
public final class RdbContents implements RdbVisitor {

  record Value(String bytes, long expireAtMillis) {}

  final Map<String, Value> keys = new LinkedHashMap<>();
  final Map<String, String> aux = new LinkedHashMap<>();
  int version;
  int database;
  int functions;
  String module = "";
  boolean ended;
  long idleSeconds = RdbKey.NONE;
  int frequency = RdbKey.NONE;
  int parts;

  private final ByteArrayOutputStream large = new ByteArrayOutputStream();
  private String largeKey = "";
  private long largeLength;
  private long largeExpiry;

  public final List<String> empty = new ArrayList<>();
  final List<String> repairs = new ArrayList<>();
  private final List<String> pieces = new ArrayList<>();
  private String collectionKey = "";
  private String collectionType = "";
  private long collectionExpiry;

  static String text(MemorySegment memory, long offset, long length) {
    return new String(
        memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
  }

  static String name(int database, String key) {
    return database + "/" + key;
  }

  /** Returns the repairs made so far. */
  public List<String> repairs() {
    return repairs;
  }

  /** Returns the keys with their values. */
  public List<String> text() {
    return keys.entrySet().stream()
        .map(key -> key.getKey() + "=" + key.getValue().bytes())
        .toList();
  }

  private String name(RdbKey key) {
    idleSeconds = key.idleSeconds();
    frequency = key.frequency();
    return name(database, text(key.memory(), key.offset(), key.length()));
  }

  @Override
  public void begin(int streamVersion) {
    version = streamVersion;
  }

  @Override
  public void onRepair(RdbType type, String what) {
    repairs.add(type + ": " + what);
  }

  @Override
  public void aux(String name, String value) {
    aux.put(name, value);
  }

  @Override
  public void selectDb(int selected) {
    database = selected;
  }

  @Override
  public void resizeDb(long count, long expiring) {
    aux.put("resize" + database, count + "," + expiring);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) {
    functions++;
  }

  @Override
  public void moduleAux(String name) {
    module = name;
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    keys.put(name(key), new Value(text(memory, offset, length), key.expireAtMillis()));
  }

  @Override
  public void integer(RdbKey key, long value) {
    keys.put(name(key), new Value(Long.toString(value), key.expireAtMillis()));
  }

  @Override
  public void beginString(RdbKey key, long length) {
    largeKey = name(key);
    largeLength = length;
    largeExpiry = key.expireAtMillis();
    large.reset();
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    parts++;
    large.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void endString() {
    if (large.size() != largeLength) {
      throw new AssertionError(large.size() + " bytes in parts, " + largeLength + " announced");
    }
    keys.put(largeKey, new Value(large.toString(StandardCharsets.ISO_8859_1), largeExpiry));
  }

  @Override
  public void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length) {
    begin(key, type.description().replaceAll(" as .*", ""));
    if (type == RdbType.SET_INTSET) {
      for (int i = 0; i < Intset.count(memory, offset); i++) {
        pieces.add(Long.toString(Intset.at(memory, offset, i)));
      }
    } else {
      int tuple =
          switch (type) {
            case SET_LISTPACK -> 1;
            case HASH_LISTPACK_EX -> 3;
            default -> 2;
          };
      List<String> elements = elements(memory, offset);
      for (int i = 0; i < elements.size(); i += tuple) {
        String second = tuple > 1 ? elements.get(i + 1) : "";
        if (type == RdbType.ZSET_LISTPACK) {
          second = Double.toString(score(second));
        }
        String third = tuple > 2 && !elements.get(i + 2).equals("0") ? elements.get(i + 2) : "-1";
        pieces.add(
            switch (type) {
              case SET_LISTPACK -> elements.get(i);
              case ZSET_LISTPACK -> elements.get(i) + " = " + second;
              default -> elements.get(i) + " = " + second + " until " + third;
            });
      }
    }
    endValue();
  }

  private static double score(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static List<String> elements(MemorySegment memory, long offset) {
    List<String> elements = new ArrayList<>();
    for (long at = Listpack.first(memory, offset);
        at != Listpack.NONE;
        at = Listpack.next(memory, at)) {
      MemorySegment text = MemorySegment.ofArray(new byte[Listpack.textLength(memory, at)]);
      Listpack.copyText(memory, at, text, 0);
      elements.add(text(text, 0, text.byteSize()));
    }
    return elements;
  }

  private void begin(RdbKey key, String type) {
    collectionKey = name(key);
    collectionType = type;
    collectionExpiry = key.expireAtMillis();
    pieces.clear();
  }

  private static String text(RdbBytes bytes) {
    return text(bytes.memory(), bytes.offset(), bytes.length());
  }

  @Override
  public void beginList(RdbKey key, RdbType type, long count) {
    begin(key, "list");
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    pieces.addAll(elements(memory, offset));
  }

  @Override
  public void listElement(RdbBytes element) {
    pieces.add(text(element));
  }

  @Override
  public void beginSet(RdbKey key, long members) {
    begin(key, "set");
  }

  @Override
  public void setMember(RdbBytes member) {
    pieces.add(text(member));
  }

  @Override
  public void beginSortedSet(RdbKey key, long members) {
    begin(key, "sorted set");
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    pieces.add(text(member) + " = " + score);
  }

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) {
    begin(key, "hash");
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) {
    pieces.add(text(field) + " = " + text(value) + " until " + expireAtMillis);
  }

  @Override
  public void beginStream(RdbKey key, RdbType type, long nodes) {
    begin(key, "stream");
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {
    pieces.add("node %d-%d ".formatted(millis, sequence) + elements(memory, offset));
  }

  @Override
  public void stream(RdbStream stream) {
    pieces.add(
        "length %d last %d-%d first %d-%d deleted %d-%d added %d groups %d"
            .formatted(
                stream.length(),
                stream.lastMillis(),
                stream.lastSequence(),
                stream.firstMillis(),
                stream.firstSequence(),
                stream.deletedMillis(),
                stream.deletedSequence(),
                stream.entriesAdded(),
                stream.groups()));
  }

  @Override
  public void streamGroup(
      RdbBytes name, long millis, long sequence, long entriesRead, long pending) {
    pieces.add(
        "group %s at %d-%d read %d pending %d"
            .formatted(text(name), millis, sequence, entriesRead, pending));
  }

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries) {
    pieces.add("%d-%d at %d x %d".formatted(millis, sequence, deliveredAtMillis, deliveries));
  }

  @Override
  public void streamConsumers(long consumers) {
    pieces.add("consumers " + consumers);
  }

  @Override
  public void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending) {
    pieces.add(
        "consumer %s seen %d active %d pending %d"
            .formatted(text(name), seenAtMillis, activeAtMillis, pending));
  }

  @Override
  public void consumerEntry(long millis, long sequence) {
    pieces.add("%d-%d".formatted(millis, sequence));
  }

  @Override
  public void endValue() {
    if (!collectionType.equals("list") && !collectionType.equals("stream")) {
      Collections.sort(pieces);
    }
    keys.put(collectionKey, new Value(collectionType + " " + pieces, collectionExpiry));
  }

  @Override
  public void empty(RdbKey key) {
    empty.add(name(key));
  }

  @Override
  public void end() {
    ended = true;
  }
}
