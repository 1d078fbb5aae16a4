package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.PackedException;
import io.redoubt.persistence.packed.StreamListpack;

/**
 * Reads streams in steps, like {@link CollectionReader}.
 *
 * <pre>
 * stream    = length(nodes) {string(16 bytes: id) string(listpack)}...
 *             length(entries) id(last) [id(first) id(greatest deleted) length(entries added)]
 *             length(groups) group...
 * group     = string(name) id(last delivered) [length(entries read)]
 *             length(pending) {16 bytes: id, 8 bytes: delivered at, length(deliveries)}...
 *             length(consumers) consumer...
 * consumer  = string(name) 8 bytes: seen at [8 bytes: active at]
 *             length(pending) {16 bytes: id}...
 * id        = length(milliseconds) length(sequence); in 16 bytes: both most significant byte first
 * </pre>
 *
 * <p>Parts in brackets exist since the second form of the type, the time of activity since the
 * third. Times are Unix milliseconds, least significant byte first.
 */
final class StreamReader {

  private static final int ID_BYTES = 16;

  private enum Part {
    NODE,
    INFO,
    GROUP,
    PENDING,
    CONSUMERS,
    CONSUMER,
    CONSUMER_PENDING,
    DONE
  }

  private final RdbValueVisitor visitor;
  private final RdbInput in;
  private final RdbString first;
  private final RdbString second;
  private final PackedReader packed;
  private final StreamListpack node = new StreamListpack();
  private final RdbStream info = new RdbStream();

  private RdbType type = RdbType.STREAM_LISTPACKS;
  private Part part = Part.DONE;
  private long left; // of the current part
  private long groupsLeft;
  private long consumersLeft;

  private long entries;
  private long lastMillis;
  private long lastSequence;

  private long idMillis;
  private long idSequence;

  StreamReader(
      RdbValueVisitor visitor,
      RdbInput in,
      RdbString first,
      RdbString second,
      PackedReader packed) {
    this.visitor = visitor;
    this.in = in;
    this.first = first;
    this.second = second;
    this.packed = packed;
  }

  boolean isDone() {
    return part == Part.DONE;
  }

  private long at() {
    return in.consumedBytes();
  }

  boolean begin(RdbType streamType, RdbKey key) throws RdbException {
    if (!hasCount()) {
      return false;
    }
    type = streamType;
    left = in.length();
    entries = 0;
    lastMillis = 0;
    lastSequence = 0;
    visitor.beginStream(key, type, left);
    part = left == 0 ? Part.INFO : Part.NODE;
    return true;
  }

  boolean step() throws RdbException {
    return switch (part) {
      case NODE -> node();
      case INFO -> info();
      case GROUP -> group();
      case PENDING -> pending();
      case CONSUMERS -> consumers();
      case CONSUMER -> consumer();
      case CONSUMER_PENDING -> consumerPending();
      case DONE -> false;
    };
  }

  /** Reads a count of items that take at least a byte each. */
  private boolean hasCount() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    in.checkFits(in.length() < 0 ? Long.MAX_VALUE : in.length());
    return true;
  }

  /** Reads an id of two lengths. */
  private boolean hasId() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    idMillis = in.length();
    if (!in.readLength()) {
      return false;
    }
    idSequence = in.length();
    return true;
  }

  private void readBinaryId() {
    idMillis = in.readBigLong();
    idSequence = in.readBigLong();
  }

  private boolean node() throws RdbException {
    if (!first.read(in) || !second.read(in)) {
      return false;
    }
    RdbBytes id = first.plain(at());
    if (id.length() != ID_BYTES) {
      throw new RdbException(at(), "Id of a stream's node of " + id.length() + " bytes");
    }
    long millis = RdbInput.bigLong(id.memory(), id.offset());
    long sequence = RdbInput.bigLong(id.memory(), id.offset() + Long.BYTES);
    RdbBytes bytes = second.plain(at());
    if (!packed.isTrusted()) {
      check(bytes, millis, sequence);
    }
    if (packed.isTrusted() || !node.isEmpty()) {
      packed.stream(bytes, node, at());
      visitor.streamNode(millis, sequence, packed.memory(), packed.offset(), packed.length());
    }
    left--;
    if (left == 0) {
      part = Part.INFO;
    }
    return true;
  }

  private void check(RdbBytes bytes, long millis, long sequence) throws RdbException {
    try {
      node.check(bytes.memory(), bytes.offset(), bytes.length(), millis, sequence);
    } catch (PackedException e) {
      throw PackedReader.corrupt(type, at(), e);
    }
    if (node.isEmpty()) {
      visitor.onRepair(type, "a node without entries was dropped");
      return;
    }
    if (node.hasWrongCounts()) {
      visitor.onRepair(type, "wrong counts of entries in a node were corrected");
    }
    boolean above =
        StreamListpack.compare(node.firstMillis(), node.firstSequence(), lastMillis, lastSequence)
                > 0
            && StreamListpack.compare(millis, sequence, lastMillis, lastSequence) > 0;
    if (!above) {
      throw new RdbException(at(), "Nodes of a stream are not in ascending order");
    }
    entries += node.entries();
    lastMillis = node.lastMillis();
    lastSequence = node.lastSequence();
  }

  private boolean info() throws RdbException {
    if (!in.readLength()) {
      return false;
    }
    info.length(in.length());
    if (!hasId()) {
      return false;
    }
    info.last(idMillis, idSequence).first(0, 0).deleted(0, 0).entriesAdded(RdbStream.UNKNOWN);
    if (type != RdbType.STREAM_LISTPACKS) {
      if (!hasId()) {
        return false;
      }
      info.first(idMillis, idSequence);
      if (!hasId()) {
        return false;
      }
      info.deleted(idMillis, idSequence);
      if (!in.readLength()) {
        return false;
      }
      info.entriesAdded(count(in.length()));
    }
    if (!hasCount()) {
      return false;
    }
    info.groups(in.length());
    if (!packed.isTrusted()) {
      repairInfo();
    }
    visitor.stream(info);
    groupsLeft = info.groups();
    nextGroup();
    return true;
  }

  /**
   * Corrects figures that contradict the entries: XDEL of release candidates of Redis 5 left wrong
   * lengths, which later versions carry along, and all load.
   */
  private void repairInfo() throws RdbException {
    if (info.length() != entries) {
      visitor.onRepair(
          type,
          "the length of a stream of "
              + entries
              + " entries was "
              + Long.toUnsignedString(info.length()));
      info.length(entries);
    }
    if (StreamListpack.compare(info.lastMillis(), info.lastSequence(), lastMillis, lastSequence)
        < 0) {
      visitor.onRepair(type, "the last id of a stream was below that of its last entry");
      info.last(lastMillis, lastSequence);
    }
    if (info.entriesAdded() != RdbStream.UNKNOWN && info.entriesAdded() < entries) {
      visitor.onRepair(
          type, "the entries added to a stream of " + entries + " were " + info.entriesAdded());
      info.entriesAdded(entries);
    }
  }

  /** Returns a count; one that has wrapped in the Redis that wrote it becomes the maximum. */
  private static long count(long length) {
    return length < 0 ? Long.MAX_VALUE : length;
  }

  private void nextGroup() throws RdbException {
    if (groupsLeft == 0) {
      part = Part.DONE;
      visitor.endValue();
    } else {
      groupsLeft--;
      part = Part.GROUP;
    }
  }

  private boolean group() throws RdbException {
    if (!first.read(in) || !hasId()) {
      return false;
    }
    long entriesRead = RdbStream.UNKNOWN;
    if (type != RdbType.STREAM_LISTPACKS) {
      if (!in.readLength()) {
        return false;
      }
      entriesRead = in.length() == RdbStream.UNKNOWN ? RdbStream.UNKNOWN : count(in.length());
    }
    if (!hasCount()) {
      return false;
    }
    left = in.length();
    visitor.streamGroup(first.plain(at()), idMillis, idSequence, entriesRead, left);
    part = left == 0 ? Part.CONSUMERS : Part.PENDING;
    return true;
  }

  private boolean pending() throws RdbException {
    if (!in.has(ID_BYTES + 8)) {
      return false;
    }
    readBinaryId();
    long deliveredAt = in.readLittleLong();
    if (!in.readLength()) {
      return false;
    }
    visitor.pendingEntry(idMillis, idSequence, deliveredAt, count(in.length()));
    left--;
    if (left == 0) {
      part = Part.CONSUMERS;
    }
    return true;
  }

  private boolean consumers() throws RdbException {
    if (!hasCount()) {
      return false;
    }
    consumersLeft = in.length();
    visitor.streamConsumers(consumersLeft);
    nextConsumer();
    return true;
  }

  private void nextConsumer() throws RdbException {
    if (consumersLeft == 0) {
      nextGroup();
    } else {
      consumersLeft--;
      part = Part.CONSUMER;
    }
  }

  private boolean consumer() throws RdbException {
    boolean tellsActivity = type == RdbType.STREAM_LISTPACKS_3;
    if (!first.read(in) || !in.has(tellsActivity ? 16 : 8)) {
      return false;
    }
    long seenAt = in.readLittleLong();
    long activeAt = tellsActivity ? in.readLittleLong() : seenAt; // an approximation
    if (!hasCount()) {
      return false;
    }
    left = in.length();
    visitor.streamConsumer(first.plain(at()), seenAt, activeAt, left);
    if (left == 0) {
      nextConsumer();
    } else {
      part = Part.CONSUMER_PENDING;
    }
    return true;
  }

  private boolean consumerPending() throws RdbException {
    if (!in.has(ID_BYTES)) {
      return false;
    }
    readBinaryId();
    visitor.consumerEntry(idMillis, idSequence);
    left--;
    if (left == 0) {
      nextConsumer();
    }
    return true;
  }
}
